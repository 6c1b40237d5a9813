import { digitsOf } from "../meter-line/bcd.ts";
import { ANSWER_BITS, CONTROL, type Frame, isFrom } from "./frame.ts";

/** A question to one meter. */
export interface Question {
  readonly meter: string;
  /** Eight hex digits, high byte first, such as "00010000"; "" asks for the meter's address. */
  readonly item: string;
  /** Number of the following frame asked for; 0 for the first. */
  readonly sequence: number;
}

/** What a meter said. */
export type Answer =
  | { readonly kind: "data"; readonly data: Uint8Array; readonly hasMore: boolean }
  /** It refuses, and says why. */
  | { readonly kind: "refused"; readonly reason: string; readonly isNoData: boolean }
  /** It is from the meter and answers the question, but cannot be right. */
  | { readonly kind: "malformed"; readonly reason: string };

const ITEM_LENGTH = 4;

/** The request's frame. */
export function requestFrame({ meter, item, sequence }: Question): Frame {
  if (item === "") return { meter, control: CONTROL.readAddress, data: new Uint8Array() };
  const id = Uint8Array.from(Buffer.from(item, "hex").reverse());
  if (sequence === 0) return { meter, control: CONTROL.read, data: id };
  return { meter, control: CONTROL.readFollowing, data: Uint8Array.from([...id, sequence]) };
}

/**
 * What `frame` says to the question; null if it is no answer to it: from another meter, to another
 * request, about another item or frame number. It may be the late answer to an earlier one.
 */
export function judgeAnswer(frame: Frame, question: Question): Answer | null {
  const { control } = requestFrame(question);
  const { answer, refused, more } = ANSWER_BITS;
  if ((frame.control & ~(refused | more)) !== (control | answer)) return null;
  if (!isFrom(frame.meter, question.meter)) return null;
  if (frame.control & refused) return refusal(frame);
  const hasMore = (frame.control & more) !== 0;
  if (question.item === "") return addressAnswer(frame);
  const tailLength = question.sequence === 0 ? 0 : 1;
  if (frame.data.length < ITEM_LENGTH + tailLength) {
    return { kind: "malformed", reason: `an answer of ${frame.data.length} bytes has no item` };
  }
  if (digitsOf(frame.data.subarray(0, ITEM_LENGTH)) !== question.item) return null;
  if (tailLength === 1 && frame.data.at(-1) !== question.sequence) return null;
  const data = frame.data.subarray(ITEM_LENGTH, frame.data.length - tailLength);
  return { kind: "data", data, hasMore };
}

/** The address stands in the data once more. */
function addressAnswer({ meter, data }: Frame): Answer {
  if (data.length === meter.length / 2 && digitsOf(data) === meter) {
    return { kind: "data", data, hasMore: false };
  }
  return { kind: "malformed", reason: `the meter gives another address (${digitsOf(data)})` };
}

const REFUSALS = [
  "another error",
  "no such data",
  "wrong password or not authorised",
  "baud rate cannot be changed",
  "too many time zones of the year",
  "too many periods of the day",
  "too many tariffs",
  "reserved error",
] as const;
const NO_DATA_BIT = 1;

function refusal({ data }: Frame): Answer {
  const code = data[0];
  if (data.length !== 1 || code === undefined) {
    return { kind: "malformed", reason: `a refusal of ${data.length} bytes has no error code` };
  }
  const names = REFUSALS.filter((_, bit) => (code >> bit) & 1);
  const text = names.length > 0 ? names.join(", ") : "no reason given";
  const reason = `${text} (error ${code.toString(16).padStart(2, "0").toUpperCase()})`;
  return { kind: "refused", reason, isNoData: ((code >> NO_DATA_BIT) & 1) === 1 };
}
