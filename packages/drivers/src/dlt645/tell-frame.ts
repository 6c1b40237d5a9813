import { digitsOf } from "../meter-line/bcd.ts";
import { type FrameText, meterLineProtocol } from "../meter-line/meter-frame-reader.ts";
import { ANSWER_BITS, CONTROL, decodeFrame, frameShape, isFrom } from "./frame.ts";

const ITEM_LENGTH = 4;

/** A frame for people: "read 00010000", "00010000 = 00123456". */
function tell(bytes: Buffer): FrameText {
  const { meter, control, data } = decodeFrame(bytes);
  const asked = control & ~(ANSWER_BITS.answer | ANSWER_BITS.refused | ANSWER_BITS.more);
  const item = digitsOf(data.subarray(0, ITEM_LENGTH));
  if ((control & ANSWER_BITS.answer) === 0) {
    return { meter, kind: "request", text: requestText(control, item) };
  }
  if (control & ANSWER_BITS.refused) {
    return { meter, kind: "refusal", text: `refused (error ${digitsOf(data)})` };
  }
  if (asked === CONTROL.readAddress) return { meter, kind: "answer", text: `address ${meter}` };
  const more = control & ANSWER_BITS.more ? " and more" : "";
  const text = `${item} = ${digitsOf(data.subarray(ITEM_LENGTH))}${more}`;
  return { meter, kind: "answer", text };
}

function requestText(control: number, item: string): string {
  if (control === CONTROL.read) return `read ${item}`;
  if (control === CONTROL.readFollowing) return `read more of ${item}`;
  if (control === CONTROL.readAddress) return "read the address";
  return `control 0x${control.toString(16).padStart(2, "0").toUpperCase()} ${item}`.trimEnd();
}

/** How lines with DL/T 645 meters are read by people. */
export const dlt645Line = meterLineProtocol({ shape: frameShape, tell, isFrom });
