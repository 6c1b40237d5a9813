import { expect, test } from "vitest";
import { panned, refreshMs, SPANS, zoomed } from "./trend-span.ts";

const SPAN = { fromMs: 1_000_000, toMs: 2_000_000 };
const NOW = 2_100_000;

test("panning goes back as far as one likes, and forth to now", () => {
  expect(panned(SPAN, -0.5, NOW)).toEqual({ fromMs: 500_000, toMs: 1_500_000 });
  expect(panned(SPAN, 0.5, NOW)).toEqual({ fromMs: 1_100_000, toMs: NOW });
});

test("zooming keeps the place under the finger", () => {
  expect(zoomed(SPAN, 0.5, 0, NOW)).toEqual({ fromMs: 1_000_000, toMs: 1_500_000 });
  expect(zoomed(SPAN, 0.5, 0.5, NOW)).toEqual({ fromMs: 1_250_000, toMs: 1_750_000 });
  const { fromMs, toMs } = zoomed(SPAN, 2, 0.5, NOW);
  expect([toMs, toMs - fromMs]).toEqual([NOW, 2_000_000]);
  const near = zoomed(SPAN, 1e-9, 1, NOW);
  expect([near.toMs - near.fromMs, near.toMs]).toEqual([10_000, 2_000_000]);
});

test("a month is asked for less often than an hour", () => {
  expect(refreshMs({ fromMs: 0, toMs: SPANS.hour })).toBe(9_000);
  expect(refreshMs({ fromMs: 0, toMs: SPANS.month })).toBe(300_000);
});
