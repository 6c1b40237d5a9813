import { expect, it } from "vitest";
import { shortestFloat } from "./shortest-float.ts";

it.each([230.1, 0.1, -0.1, 49.98, 1e-5, 1.1754944e-38, 16777.217, 0, -273.15, 1e-45])(
  "gives %d back as it was meant",
  (meant) => {
    expect(shortestFloat(Math.fround(meant))).toBe(meant);
  },
);

it("keeps whole numbers, NaN and infinities as they are", () => {
  for (const value of [16_777_216, 123_456_792, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(shortestFloat(value)).toBe(value);
  }
});

it("always reads back as the same float32, with no digit too many", () => {
  const view = new DataView(new ArrayBuffer(4));
  // A multiplicative walk through all bit patterns, the same at each run.
  for (let step = 1, bits = 1; step <= 20_000; step++) {
    bits = Math.imul(bits, 1_664_525) + 1_013_904_223;
    view.setInt32(0, bits);
    const float = view.getFloat32(0);
    if (!Number.isFinite(float)) continue;
    const short = shortestFloat(float);
    expect(Math.fround(short)).toBe(float);
    if (Number.isInteger(float)) continue;
    const digits = String(short)
      .replace(/e.*|[-.]/g, "")
      .replace(/^0+/, "").length;
    const fewer = Number(float.toPrecision(Math.max(1, digits - 1)));
    if (digits > 1) expect(Math.fround(fewer)).not.toBe(float);
  }
});
