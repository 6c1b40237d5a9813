import { missing, type Sample } from "@headgate/model";
import { describe, expect, it } from "vitest";
import { groupByInterval, isChange, pollNotice } from "./poll-items.ts";
import { addressSchema } from "./settings.ts";

const at = (value: number | string, quality: "good" | "uncertain" = "good"): Sample => ({
  pointId: "a",
  timestampMs: 1,
  quality,
  value,
});

it.each([
  ["the first one", undefined, at(1), true],
  ["the same at another time", at(1), { ...at(1), timestampMs: 2 }, false],
  ["another value", at(1), at(2), true],
  ["another type", at(1), at("1"), true],
  ["the same NaN", at(Number.NaN), at(Number.NaN), false],
  ["another quality", at(1), at(1, "uncertain"), true],
  ["good to bad", at(1), missing("a", 2, "BadSensorFailure"), true],
  ["the same reason", missing("a", 1, "no value"), missing("a", 2, "no value"), false],
  ["another reason", missing("a", 1, "no value"), missing("a", 2, "BadSensorFailure"), true],
])("%s is told: %s", (_name, before, now, isTold) => {
  expect(isChange(before, now)).toBe(isTold);
});

describe("points that are read", () => {
  const points = ["100 ms", "10 s", "2 s", "500 ms"].map((sampling, index) => {
    return {
      id: `p${index}`,
      address: addressSchema.parse({ address: "i=1", sampling }),
      device: {},
    };
  }) as never;

  it("are read together with those of their interval, at most once a second", () => {
    const groups = groupByInterval([0, 1, 2, 3, 9], points);
    expect(groups.map(({ intervalMs, places }) => [intervalMs, places])).toEqual([
      [1_000, [0, 3]],
      [2_000, [2]],
      [10_000, [1]],
    ]);
  });

  it("are said, where there are any", () => {
    expect(pollNotice([], 4)).toBeNull();
    expect(pollNotice(groupByInterval([1, 2], points), 4)?.text).toContain(
      "2 of 4 points are read instead, every 2 s at most",
    );
  });
});
