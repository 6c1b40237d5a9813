import { describe, expect, it } from "vitest";
import { checksum, FrameScanner } from "../meter-line/frame-scanner.ts";
import { judgeAnswer, type Question, requestFrame } from "./answer.ts";
import { ANY_METER, decodeFrame, encodeFrame, encodeRequest, frameShape } from "./frame.ts";

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");
const base = { kind: 0x10, item: "901F", serial: 0, isItemSwapped: false };
const METER = "78330011223344";

// The first is the wildcard request of the standard's kind, the others are published exchanges.
const REQUESTS: readonly [Question, string][] = [
  [{ ...base, meter: ANY_METER }, "68 10 AA AA AA AA AA AA AA 01 03 1F 90 00 D1 16"],
  [{ ...base, meter: METER }, "68 10 44 33 22 11 00 33 78 01 03 1F 90 00 80 16"],
  [
    { kind: 0x20, meter: METER, item: "901F", serial: 1, isItemSwapped: false },
    "68 20 44 33 22 11 00 33 78 01 03 1F 90 01 91 16",
  ],
  [
    { kind: 0x20, meter: "00000040314132", item: "901F", serial: 1, isItemSwapped: true },
    "68 20 32 41 31 40 00 00 00 01 03 90 1F 01 20 16",
  ],
];
/** As printed its sum is 08, which is wrong: it was copied with a mistake. */
const WATER = `68 10 44 33 22 11 00 33 78 81 16 1F 90 00 00 77 66 55 2C 00 77 66 55 2C
  31 01 22 11 05 15 20 21 84 08 16`.replaceAll("\n", " ");

function scan(chunk: Buffer) {
  return new FrameScanner(frameShape).push(chunk).map(decodeFrame);
}

function withRightSum(frame: Buffer): Buffer {
  frame[frame.length - 2] = checksum(frame.subarray(0, -2));
  return frame;
}

describe("frames of CJ/T 188", () => {
  it.each(REQUESTS)("a request for %o is %s", (question, hex) => {
    expect(encodeFrame(requestFrame(question))).toEqual(bytes(hex));
    expect(encodeRequest(requestFrame(question))).toEqual(bytes(`FE FE FE FE ${hex}`));
    expect(scan(bytes(hex))).toEqual([requestFrame(question)]);
  });

  it("an answer with a wrong sum is dropped, with a right one it is taken", () => {
    expect(scan(bytes(WATER))).toEqual([]);
    const [frame] = scan(Buffer.concat([bytes("FE FE"), withRightSum(bytes(WATER))]));
    const answer = frame && judgeAnswer(frame, { ...base, meter: METER });
    const data = bytes("00 77 66 55 2C 00 77 66 55 2C 31 01 22 11 05 15 20 21 84");
    expect(answer).toEqual({ kind: "data", data: Uint8Array.from(data) });
  });

  it("with any one byte changed is not taken for the answer", () => {
    const good = withRightSum(bytes(WATER));
    for (let at = 0; at < good.length; at++) {
      for (const change of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(good);
        changed[at] = (changed[at] as number) ^ change;
        expect(scan(changed)).toEqual([]);
      }
    }
  });

  it("from another meter or kind, about another item, with another serial, is no answer", () => {
    const [frame] = scan(withRightSum(bytes(WATER)));
    const question = { ...base, meter: METER };
    const judge = (changes: Partial<Question>) =>
      frame && judgeAnswer(frame, { ...question, ...changes });
    expect(judge({})).toMatchObject({ kind: "data" });
    expect(judge({ meter: ANY_METER, kind: 0xaa })).toMatchObject({ kind: "data" });
    expect(judge({ kind: 0x11 })).toBeNull();
    expect(judge({ meter: "78330011223345" })).toBeNull();
    expect(judge({ item: "911F" })).toBeNull();
    expect(judge({ isItemSwapped: true })).toBeNull();
    expect(judge({ serial: 1 })).toBeNull();
  });

  it("a refusal is told with its status, and a short answer is malformed", () => {
    const frame = { kind: 0x10, meter: METER, control: 0xc1, data: Uint8Array.of(0, 0x21, 0x84) };
    expect(judgeAnswer(frame, { ...base, meter: METER })).toEqual({
      kind: "refused",
      reason: "the meter refuses (status 2184)",
    });
    const short = { ...frame, control: 0x81, data: Uint8Array.of(0x1f) };
    expect(judgeAnswer(short, { ...base, meter: METER })).toMatchObject({ kind: "malformed" });
  });
});
