import { describe, expect, it } from "vitest";
import { garbage } from "../../testing/fuzz/damage.ts";
import { randomBytes, randomOf } from "../../testing/fuzz/random.ts";
import { FrameScanner } from "../meter-line/frame-scanner.ts";
import { encodeFrame, frameShape } from "./frame.ts";

describe("a scanner of frames", () => {
  it("finds what is whole behind garbage", () => {
    const random = randomOf(645_188);
    const scanner = new FrameScanner(frameShape);
    let foundCount = 0;
    for (let count = 0; count < 10_000; count++) {
      const data = randomBytes(random, random(16));
      const frame = encodeFrame({ meter: "000012345678", control: 0x91, data });
      const before = garbage(random, [0x68, 0x16, 0xfe, 0x91]);
      const found = scanner.push(Buffer.concat([before, frame]));
      if (found.some((one) => one.equals(frame))) foundCount++;
    }
    // Garbage that looks like a head with a length takes what follows along, now and then.
    expect(foundCount).toBeGreaterThan(9_900);
  });

  it("keeps no more than it needs of a line that only babbles", () => {
    const watched = new FrameScanner({
      lengthAt: (all) => (all.length > 1_100 ? null : 0),
    });
    for (let count = 0; count < 5_000; count++) {
      expect(watched.push(Buffer.from([0x68]))).toEqual([]);
    }
  });
});
