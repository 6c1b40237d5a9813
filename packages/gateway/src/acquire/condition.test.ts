import type { Sample } from "@headgate/model";
import { describe, expect, it } from "vitest";
import type { Condition } from "../config/config.ts";
import { conditionersOf, createConditioner, decimalLine } from "./condition.ts";

const plain: Condition = {
  scale: 1,
  offset: 0,
  min: null,
  max: null,
  deadband: null,
  heartbeatMs: 60_000,
};
const good = (value: number | bigint | boolean | string, timestampMs = 0): Sample => ({
  pointId: "d/p",
  timestampMs,
  quality: "good",
  value,
});
const bad = (reason: string, timestampMs = 0): Sample => ({
  pointId: "d/p",
  timestampMs,
  quality: "bad",
  value: null,
  reason,
});

describe("a decimal line", () => {
  it.each([
    [0.1, 0, 2301, 230.1],
    [0.01, 0, 1234567, 12345.67],
    [0.1, -40, 655, 25.5],
    [1, 273.15, 20, 293.15],
    [0.001, 0, 3, 0.003],
    [10, 0, 7, 70],
    [-0.1, 0, 33, -3.3],
    [1e-7, 0, 3, 3e-7],
  ])("scale %d, offset %d: %d is %d to the last bit", (scale, offset, raw, value) => {
    expect(decimalLine(scale, offset)(raw)).toBe(value);
  });

  it("keeps a 64-bit counter exact under whole scales", () => {
    expect(decimalLine(10, 5)(9_007_199_254_740_993n)).toBe(90_071_992_547_409_935n);
  });

  it("makes a number of a 64-bit counter under a decimal scale", () => {
    expect(decimalLine(0.01, 0)(123_456_789_012n)).toBe(1_234_567_890.12);
  });

  it("leaves booleans and strings alone", () => {
    expect(decimalLine(0.1, 1)(true)).toBe(true);
    expect(decimalLine(0.1, 1)("SN-7")).toBe("SN-7");
  });
});

describe("a conditioner", () => {
  it("gives the same sample back where there is nothing to do", () => {
    const sample = good(5n);
    expect(createConditioner(plain).scale(sample)).toBe(sample);
  });

  it("clamps, and says so by the quality", () => {
    const { scale } = createConditioner({ ...plain, min: 0, max: 100 });
    expect(scale(good(101))).toMatchObject({ value: 100, quality: "uncertain" });
    expect(scale(good(-1))).toMatchObject({ value: 0, quality: "uncertain" });
    for (const value of [0, 50, 100]) {
      expect(scale(good(value))).toMatchObject({ value, quality: "good" });
    }
  });

  it("leaves a picture with the sample that names it", () => {
    const media = {
      name: "gate/snapshot/1.jpg",
      contentType: "image/jpeg",
      bytes: new Uint8Array(1),
    };
    const picture = { ...good(media.name), media } as Sample;
    expect(createConditioner({ ...plain, scale: 2, min: 0 }).scale(picture)).toBe(picture);
  });

  it("keeps every sample without a deadband", () => {
    const { isWorthKeeping } = createConditioner(plain);
    expect([1, 1, 1].map((value) => isWorthKeeping(good(value), 0))).toEqual([true, true, true]);
  });

  it("measures the deadband from the last sample kept, so that a slow drift is seen", () => {
    const { isWorthKeeping } = createConditioner({ ...plain, deadband: 1 });
    const kept = [10, 10.4, 10.8, 11, 11.5, 10].map((value) => isWorthKeeping(good(value), 0));
    expect(kept).toEqual([true, false, false, true, false, true]);
  });

  it("measures the deadband of a 64-bit counter too, the deadband itself included", () => {
    const { isWorthKeeping } = createConditioner({ ...plain, deadband: 5 });
    const kept = [1n, 5n, 6n, 2n, 1n].map((value) => isWorthKeeping(good(value), 0));
    expect(kept).toEqual([true, false, true, false, true]);
  });

  it("keeps any change with a deadband of 0, of any type", () => {
    const { isWorthKeeping } = createConditioner({ ...plain, deadband: 0 });
    const kept = [1n, 1n, 2n].map((value) => isWorthKeeping(good(value), 0));
    expect(kept).toEqual([true, false, true]);
    expect([true, true, false].map((value) => isWorthKeeping(good(value), 0))).toEqual([
      true,
      false,
      true,
    ]);
  });

  it("keeps a change of quality and of the reason", () => {
    const { isWorthKeeping } = createConditioner({ ...plain, deadband: 5 });
    const kept = [good(1), bad("timeout"), bad("timeout"), bad("refused"), good(1)].map(
      isWorthKeeping,
    );
    expect(kept).toEqual([true, true, false, true, true]);
  });

  it("sends a heartbeat, also of a value whose own time rests", () => {
    const { isWorthKeeping } = createConditioner({ ...plain, deadband: 1 });
    const kept = [0, 59_999, 60_000, 119_999, 120_000].map((ms) => isWorthKeeping(good(1, 0), ms));
    expect(kept).toEqual([true, false, true, false, true]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("keeps %d once, not at each scan", (odd) => {
    for (const deadband of [0, 1]) {
      const { isWorthKeeping } = createConditioner({ ...plain, deadband });
      const kept = [1, odd, odd, 1].map((value) => isWorthKeeping(good(value), 0));
      expect(kept).toEqual([true, true, false, true]);
    }
  });
});

describe("conditioners of many points", () => {
  it("are shared where nothing is remembered, and each point's own with a deadband", () => {
    const tenths = { ...plain, scale: 0.1 };
    const deadband = { ...plain, deadband: 1 };
    const [a, b, c, d, e] = conditionersOf([plain, { ...plain }, tenths, deadband, deadband]);
    expect(a).toBe(b);
    expect(c).not.toBe(a);
    expect(c?.scale(good(5)).value).toBe(0.5);
    expect(a?.scale(good(5)).value).toBe(5);
    expect(d).not.toBe(e);
    expect([d?.isWorthKeeping(good(1), 0), e?.isWorthKeeping(good(1), 0)]).toEqual([true, true]);
  });
});
