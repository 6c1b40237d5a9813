import { expect, test } from "vitest";
import { samplePoint } from "../../testing/samples.ts";
import { pointMark } from "./point-mark.ts";

test.each([
  ["good", {}],
  ["bad", { quality: "bad" as const, value: null }],
  ["silent", { quality: "silent" as const, value: null }],
  ["uncertain", { quality: "uncertain" as const }],
  ["implausible", { value: 2.4e-41 }],
  ["implausible", { value: "NaN" }],
  // 230.1 V with its words in the other order.
  ["implausible", { value: 1.595e-23, plausible: [50, 300] as const }],
  ["implausible", { value: 20_000, plausible: [50, 300] as const }],
  ["implausible", { value: -230.1, plausible: [50, 300] as const }],
  ["good", { value: 4.2, plausible: [50, 300] as const }],
  ["good", { value: 420, plausible: [50, 300] as const }],
  ["good", { value: -0.98, plausible: [-1, 1] as const }],
  ["good", { value: "18446744073709551615", isInteger64: true }],
  ["good", { value: 0 }],
  ["stale", { timestampMs: 0 }],
  // Told by the device when it changes: silence is no fault.
  ["good", { timestampMs: 0, intervalMs: null }],
  // Read once in five minutes.
  ["good", { timestampMs: 0, intervalMs: 300_000 }],
])("a point is %s: %j", (mark, replaced) => {
  expect(pointMark(samplePoint({ timestampMs: 59_000, ...replaced }), 60_000)).toBe(mark);
});
