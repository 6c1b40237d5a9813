import { ANSWER_BITS, CONTROL, type Frame, isFrom } from "./frame.ts";

/** A question to one meter. */
export interface Question {
  /** Null where any kind may answer. */
  readonly kind: number;
  readonly meter: string;
  /** Four hex digits, high byte first, such as "901F"; "" asks for the meter's address. */
  readonly item: string;
  /** Repeated by the answer. */
  readonly serial: number;
  /** Some meters send the item's bytes the other way round. */
  readonly isItemSwapped: boolean;
}

/** What a meter said. */
export type Answer =
  | { readonly kind: "data"; readonly data: Uint8Array }
  | { readonly kind: "refused"; readonly reason: string }
  /** It is from the meter and answers the question, but cannot be right. */
  | { readonly kind: "malformed"; readonly reason: string };

/** Every kind of meter answers to it. */
export const ANY_KIND = 0xaa;
/** Reads the address. */
const ADDRESS_ITEM = "810A";
/** Item and serial. */
const HEAD_LENGTH = 3;

/** The request's frame. */
export function requestFrame(question: Question): Frame {
  const { kind, meter, item, serial } = question;
  const control = item === "" ? CONTROL.readAddress : CONTROL.read;
  return { kind, meter, control, data: Uint8Array.from([...itemBytes(question), serial]) };
}

/**
 * What `frame` says to the question; null if it is no answer to it: from another meter, to another
 * request, about another item or with another serial. It may be the late answer to an earlier one.
 */
export function judgeAnswer(frame: Frame, question: Question): Answer | null {
  const { control } = requestFrame(question);
  const { answer, refused } = ANSWER_BITS;
  if ((frame.control & ~refused) !== (control | answer)) return null;
  if (!isFrom(frame.meter, question.meter)) return null;
  if (question.kind !== ANY_KIND && frame.kind !== question.kind) return null;
  if (frame.control & refused) return refusal(frame);
  const { data } = frame;
  if (data.length < HEAD_LENGTH) {
    return { kind: "malformed", reason: `an answer of ${data.length} bytes has no item` };
  }
  if (itemBytes(question).some((byte, index) => byte !== data[index])) return null;
  if (data[HEAD_LENGTH - 1] !== question.serial) return null;
  return { kind: "data", data: data.subarray(HEAD_LENGTH) };
}

function itemBytes({ item, isItemSwapped }: Question): Buffer {
  const bytes = Buffer.from(item === "" ? ADDRESS_ITEM : item, "hex");
  return isItemSwapped ? bytes : bytes.reverse();
}

/** Serial and two bytes of status, of which the maker knows more. */
function refusal({ data }: Frame): Answer {
  const status = Buffer.from(data.subarray(1)).toString("hex").toUpperCase();
  const told = status === "" ? "without a reason" : `status ${status}`;
  return { kind: "refused", reason: `the meter refuses (${told})` };
}
