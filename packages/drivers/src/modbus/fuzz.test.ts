import { describe, expect, it } from "vitest";
import { FUZZED, fuzzModbusFrames } from "../../testing/fuzz-modbus-frames.ts";

describe.each(FUZZED)("the parser of %s frames", (parser) => {
  it("survives whatever comes, and takes what is whole", async () => {
    const { takenCount, wrongCount } = await fuzzModbusFrames(parser, { count: 4000, seed: 502 });
    expect(takenCount).toBeGreaterThan(100);
    // ASCII has a sum of eight bits only.
    expect(wrongCount).toBeLessThanOrEqual(parser === "ascii" ? 8 : 0);
  });
});
