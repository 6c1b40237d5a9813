import { digitsOf } from "../meter-line/bcd.ts";
import { type FrameText, meterLineProtocol } from "../meter-line/meter-frame-reader.ts";
import { ANSWER_BITS, CONTROL, decodeFrame, frameShape, isFrom } from "./frame.ts";

const ITEM_LENGTH = 2;
/** Item and serial. */
const HEAD_LENGTH = 3;

/** A frame for people: "read 901F", "901F = 00 77 66 55 2C". */
function tell(bytes: Buffer): FrameText {
  const { meter, control, data } = decodeFrame(bytes);
  const item = digitsOf(data.subarray(0, ITEM_LENGTH));
  if ((control & ANSWER_BITS.answer) === 0) {
    const isKnown = control === CONTROL.read || control === CONTROL.readAddress;
    const hex = control.toString(16).padStart(2, "0").toUpperCase();
    return { meter, kind: "request", text: isKnown ? `read ${item}` : `control 0x${hex} ${item}` };
  }
  if (control & ANSWER_BITS.refused) {
    const status = Buffer.from(data.subarray(1)).toString("hex").toUpperCase();
    return { meter, kind: "refusal", text: `refused (status ${status})` };
  }
  const values = Buffer.from(data.subarray(HEAD_LENGTH)).toString("hex").toUpperCase();
  return { meter, kind: "answer", text: `${item} = ${values.match(/../g)?.join(" ") ?? ""}` };
}

/** How lines with CJ/T 188 meters are read by people. */
export const cjt188Line = meterLineProtocol({ shape: frameShape, tell, isFrom });
