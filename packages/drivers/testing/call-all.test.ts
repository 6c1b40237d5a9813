import { describe, expect, it } from "vitest";
import { cjt188Call } from "../src/cjt188/call.ts";
import { decodeFrame as decodeWater, encodeFrame as encodeWater } from "../src/cjt188/frame.ts";
import { dlt645Call } from "../src/dlt645/call.ts";
import { ANSWER_BITS, decodeFrame, encodeFrame, isFrom } from "../src/dlt645/frame.ts";
import { type Call, callAll } from "../src/meter-line/call-all.ts";
import { splitFrames } from "../src/meter-line/frame-scanner.ts";

// What is heard when one, several or nobody answers; the gateway's find-meters.test.ts has a line.

/** Several that speak at once are heard as neither. */
function together(answers: readonly Buffer[]): Buffer {
  const [first = Buffer.alloc(0), ...others] = answers;
  if (others.length === 0) return first;
  return Buffer.from(first.map((byte, index) => byte & (others[0]?.[index] ?? 0xff)));
}

async function call(
  side: { calls: readonly Call[]; shape: typeof dlt645Call.shape; tell(frame: Buffer): unknown },
  answer: (request: Buffer, count: number) => Buffer,
) {
  let count = 0;
  const found: unknown[] = [];
  const waiting: number[] = [];
  const put = async (request: Buffer) => {
    const stretches = splitFrames(answer(request.subarray(4), count++), side.shape);
    return { stretches, answerMs: 20 };
  };
  const caller = { put, tell: side.tell, onAsk: (left: number) => void waiting.push(left) };
  for await (const outcome of callAll(side.calls, caller)) {
    found.push(outcome.kind === "meter" ? outcome.meter : outcome.kind);
  }
  return { found, count, waiting };
}

/** Meters of these numbers on one line; `knows` says which requests they answer. */
function electricity(meters: readonly string[], knows = (_control: number) => true) {
  return (request: Buffer) => {
    const { meter: asked, control } = decodeFrame(request);
    const answers = meters
      .filter((meter) => isFrom(meter, asked) && knows(control))
      .map((meter) => {
        const data = new Uint8Array(control === 0x11 ? 8 : 6);
        return encodeFrame({ meter, control: control | ANSWER_BITS.answer, data });
      });
    return together(answers);
  };
}

describe("a question to all meters", () => {
  it("is answered by one, by nobody, or only where data are asked for", async () => {
    const one = await call(dlt645Call, electricity(["000012345678"]));
    expect(one).toMatchObject({ found: [{ meter: "000012345678" }], count: 1 });
    expect(await call(dlt645Call, electricity([]))).toMatchObject({ found: [], count: 2 });
    const knows = (control: number) => control === 0x11;
    const old = await call(dlt645Call, electricity(["000012345678"], knows));
    expect(old).toMatchObject({ found: [{ meter: "000012345678" }], count: 2 });
  });

  it("is put to ever smaller parts of several that speak at once", async () => {
    const meters = ["000012345678", "000012345679", "000012999979"];
    const { found, count, waiting } = await call(dlt645Call, electricity(meters));
    expect(found).toEqual(meters.map((meter) => ({ meter })));
    // Twice to all and to those that end in 79, a hundred endings of each.
    expect(count).toBe(2 + 100 + 1 + 100);
    expect(waiting[3]).toBe(98);
  });

  it("is put again where noise came, which comes once", async () => {
    const answer = electricity(["000012345678"]);
    const noisy = (request: Buffer, count: number) =>
      count === 0 ? Buffer.concat([Buffer.from([1, 2]), answer(request)]) : answer(request);
    expect(await call(dlt645Call, noisy)).toMatchObject({
      found: [{ meter: "000012345678" }],
      count: 2,
    });
  });

  it("is given up where nothing is ever heard whole", async () => {
    const { found, count } = await call(dlt645Call, () => Buffer.from([1, 2, 3]));
    expect([found, count]).toEqual([["garbled"], 16]);
  });

  it("takes a preamble for no noise, and another's question for no answer", async () => {
    const answer = electricity(["000012345678"]);
    const preamble = Buffer.from([0xfe, 0xfe]);
    const { found, count } = await call(dlt645Call, (request) =>
      Buffer.concat([request, preamble, answer(request)]),
    );
    expect([found, count]).toEqual([[{ meter: "000012345678" }], 1]);
  });

  it("is put to kinds of water and heat meters that know no question to all", async () => {
    const answer = (request: Buffer) => {
      const { kind, control } = decodeWater(request);
      if (kind !== 0x20) return Buffer.alloc(0);
      const data = new Uint8Array(3);
      return encodeWater({ kind, meter: "00000078330011", control: control | 0x80, data });
    };
    const { found, count } = await call(cjt188Call, answer);
    expect([found, count]).toEqual([[{ meter: "00000078330011", kind: "heat" }], 4]);
  });
});
