import { describe, expect, it } from "vitest";
import { decodeAs } from "../meter-line/format.ts";
import { FrameScanner } from "../meter-line/frame-scanner.ts";
import { type Answer, judgeAnswer, type Question, requestFrame } from "./answer.ts";
import { ANY_METER, decodeFrame, encodeFrame, encodeRequest, frameShape } from "./frame.ts";
import { findItem } from "./items.ts";

const METER = "000000000161";
const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");
const ask = (item: string, meter = METER, sequence = 0): Question => ({ meter, item, sequence });

// Published exchanges with one meter; the first request is of the standard's kind with wildcards.
const REQUESTS: readonly [Question, string][] = [
  [ask("00010000", ANY_METER), "68 AA AA AA AA AA AA 68 11 04 33 33 34 33 AE 16"],
  [ask("00010000"), "68 61 01 00 00 00 00 68 11 04 33 33 34 33 14 16"],
  [ask("00020000"), "68 61 01 00 00 00 00 68 11 04 33 33 35 33 15 16"],
  [ask("00030000"), "68 61 01 00 00 00 00 68 11 04 33 33 36 33 16 16"],
  [ask("00040000"), "68 61 01 00 00 00 00 68 11 04 33 33 37 33 17 16"],
  [ask("02010100"), "68 61 01 00 00 00 00 68 11 04 33 34 34 35 17 16"],
  [ask("02020100"), "68 61 01 00 00 00 00 68 11 04 33 34 35 35 18 16"],
];
const ANSWERS: readonly [string, number, string][] = [
  ["00010000", 0.26, "68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16"],
  ["00020000", 1.26, "68 61 01 00 00 00 00 68 91 08 33 33 35 33 59 34 33 33 8C 16"],
  ["00030000", 100.26, "68 61 01 00 00 00 00 68 91 08 33 33 36 33 59 33 34 33 8D 16"],
  ["00040000", 100.23, "68 61 01 00 00 00 00 68 91 08 33 33 37 33 56 33 34 33 8B 16"],
  ["02010100", 100.1, "68 61 01 00 00 00 00 68 91 06 33 34 34 35 34 43 10 16"],
];

function scan(chunks: readonly Buffer[]) {
  const scanner = new FrameScanner(frameShape);
  return chunks.flatMap((chunk) => scanner.push(chunk)).map(decodeFrame);
}

function answerOf(hex: string, question: Question): Answer | null {
  const [frame] = scan([bytes(hex)]);
  return frame ? judgeAnswer(frame, question) : null;
}

describe("frames of DL/T 645-2007", () => {
  it.each(REQUESTS)("a request for %o is %s", (question, hex) => {
    expect(encodeFrame(requestFrame(question))).toEqual(bytes(hex));
    expect(encodeRequest(requestFrame(question))).toEqual(bytes(`FE FE FE FE ${hex}`));
    expect(scan([bytes(hex)])).toEqual([requestFrame(question)]);
  });

  it.each(ANSWERS)("the answer about %s reads %d", (item, value, hex) => {
    const answer = answerOf(hex, ask(item));
    const data = answer?.kind === "data" ? answer.data : Buffer.alloc(0);
    const found = findItem(item);
    expect(found && decodeAs(found.format, data, found.isSigned)).toEqual({ value });
    expect(answerOf(hex, ask(item, ANY_METER))).toEqual(answer);
  });

  it.each([0, 1, 4, 9])("is found after %d bytes FE, byte by byte", (count) => {
    const [, , hex] = ANSWERS[0] as (typeof ANSWERS)[number];
    const all = Buffer.concat([Buffer.alloc(count, 0xfe), bytes(hex)]);
    const frames = scan([...all].map((byte) => Buffer.from([byte])));
    expect(frames).toHaveLength(1);
    expect(frames[0]?.meter).toBe(METER);
  });

  it("is found behind garbage that begins like a frame, and after a broken one", () => {
    const [, , hex] = ANSWERS[0] as (typeof ANSWERS)[number];
    const broken = bytes(hex);
    broken[14] = 0x58;
    for (const before of [
      bytes("68"),
      bytes("68 68 68 68 68 68 68 68 11 C8"),
      bytes("68 61 01 00 00 00 00 68 91 08 33"),
      broken,
      bytes(hex).subarray(0, 19),
    ]) {
      expect(scan([before, bytes(hex)])).toHaveLength(1);
    }
    expect(scan([bytes(hex), bytes(hex)])).toHaveLength(2);
  });

  it("with any one byte changed is not taken for the answer", () => {
    const [item, , hex] = ANSWERS[0] as (typeof ANSWERS)[number];
    for (let at = 0; at < bytes(hex).length; at++) {
      for (const change of [0x01, 0x80, 0xff]) {
        const changed = bytes(hex);
        changed[at] = (changed[at] as number) ^ change;
        const frames = scan([changed]);
        expect(frames.map((frame) => judgeAnswer(frame, ask(item)))).toEqual([]);
      }
    }
  });

  it("from another meter, about another item, or an echo, is no answer", () => {
    const [, , hex] = ANSWERS[0] as (typeof ANSWERS)[number];
    const [, echo] = REQUESTS[1] as (typeof REQUESTS)[number];
    expect(answerOf(hex, ask("00010000", "000000000162"))).toBeNull();
    expect(answerOf(hex, ask("00010100"))).toBeNull();
    expect(answerOf(hex, ask("00010000", METER, 1))).toBeNull();
    expect(answerOf(hex, ask(""))).toBeNull();
    expect(answerOf(echo, ask("00010000"))).toBeNull();
  });

  it.each([
    [0x02, "no such data (error 02)", true],
    [0x04, "wrong password or not authorised (error 04)", false],
    [0x03, "another error, no such data (error 03)", true],
    [0x00, "no reason given (error 00)", false],
  ])("a refusal with code %d has a name", (code, reason, isNoData) => {
    const frame = { meter: METER, control: 0xd1, data: Uint8Array.of(code) };
    expect(judgeAnswer(frame, ask("00010000"))).toEqual({ kind: "refused", reason, isNoData });
  });

  it("tells of more to come, and gives a following frame by its number", () => {
    const item = [0x00, 0xff, 0x01, 0x00];
    const first = { meter: METER, control: 0xb1, data: Uint8Array.of(...item, 1, 2) };
    const data = Uint8Array.of(1, 2);
    expect(judgeAnswer(first, ask("0001FF00"))).toEqual({ kind: "data", data, hasMore: true });
    const next = { meter: METER, control: 0x92, data: Uint8Array.of(...item, 3, 4, 1) };
    expect(judgeAnswer(next, ask("0001FF00", METER, 1))).toEqual({
      kind: "data",
      data: Uint8Array.of(3, 4),
      hasMore: false,
    });
    expect(judgeAnswer(next, ask("0001FF00", METER, 2))).toBeNull();
    expect(encodeFrame(requestFrame(ask("0001FF00", METER, 1)))).toEqual(
      bytes("68 61 01 00 00 00 00 68 12 05 33 32 34 33 34 49 16"),
    );
  });

  it("a meter that is asked for its address gives it twice", () => {
    const request = encodeFrame(requestFrame(ask("", ANY_METER)));
    expect(request).toEqual(bytes("68 AA AA AA AA AA AA 68 13 00 DF 16"));
    const data = Uint8Array.of(0x61, 0x01, 0, 0, 0, 0);
    const frame = { meter: METER, control: 0x93, data };
    expect(judgeAnswer(frame, ask("", ANY_METER))).toMatchObject({ kind: "data", data });
    const other = { ...frame, meter: "000000000162" };
    expect(judgeAnswer(other, ask("", ANY_METER))).toMatchObject({ kind: "malformed" });
  });

  it.each([
    [{ meter: METER, control: 0x91, data: Uint8Array.of(0, 0, 1) }, "an answer of 3 bytes"],
    [{ meter: METER, control: 0xd1, data: Uint8Array.of() }, "a refusal of 0 bytes"],
  ])("that cannot be right is malformed: %o", (frame, reason) => {
    const answer = judgeAnswer(frame, ask("00010000"));
    expect(answer).toMatchObject({ kind: "malformed" });
    expect(answer && "reason" in answer && answer.reason).toContain(reason);
  });
});
