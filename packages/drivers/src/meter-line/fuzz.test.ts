import { describe, expect, it } from "vitest";
import { fuzzMeterFrames } from "../../testing/fuzz-meter-frames.ts";
import { FrameScanner } from "./frame-scanner.ts";

describe("parsers of meter frames", () => {
  it("survive whatever comes, and find what is whole", () => {
    const outcome = fuzzMeterFrames({ count: 20_000, seed: 645_188 });
    const intactCount = outcome.sentCount - outcome.brokenCount;
    // Garbage that looks like a head with a length takes what follows along, now and then.
    expect(outcome.answeredCount).toBeGreaterThan(intactCount * 0.99);
    // A sum of eight bits lets one broken frame in 256 through at the most.
    expect(outcome.undetectedCount).toBeLessThan(outcome.brokenCount / 256);
  });

  it("keep no more than they need of a line that only babbles", () => {
    const scanner = new FrameScanner({ lengthAt: () => 0 });
    for (let count = 0; count < 5_000; count++) scanner.push(Buffer.from([0x68]));
    const shape = { lengthAt: (all: Buffer) => (all.length > 1_100 ? null : 0) };
    const watched = new FrameScanner(shape);
    for (let count = 0; count < 5_000; count++) {
      expect(watched.push(Buffer.from([0x68]))).toEqual([]);
    }
  });
});
