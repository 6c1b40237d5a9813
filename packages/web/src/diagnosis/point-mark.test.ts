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
