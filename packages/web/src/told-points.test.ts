import type { PointView } from "@headgate/gateway/api-types";
import { expect, test } from "vitest";
import { afterBatch, newest } from "./told-points.ts";

const point: PointView = {
  ...{
    id: "a/b",
    deviceId: "a",
    name: "b",
    unit: "L",
    access: "read",
    intervalMs: 1000,
    deadband: null,
  },
  ...{ meaning: null, plausible: null },
  ...{ quality: "good", value: 5, isInteger64: false, timestampMs: 1000, reason: null },
};

test("a batch names points by their place in the list", () => {
  const known = afterBatch(new Map(), ["a/a", "a/b"], {
    list: 1,
    points: [
      [1, 7, "good", 2000],
      [0, null, "bad", 2000, "timeout"],
      [9, 7, "good", 2000],
    ],
  });
  expect([...known]).toEqual([
    ["a/b", { value: 7, quality: "good", timestampMs: 2000, reason: null }],
    ["a/a", { value: null, quality: "bad", timestampMs: 2000, reason: "timeout" }],
  ]);
  const batch = { list: 1, points: [[0, 8, "good", 3000]] } as const;
  expect(afterBatch(known, ["a/b"], batch).get("a/b")?.value).toBe(8);
});

test("the newer of what was asked and what was told counts", () => {
  const told = { value: 7, quality: "good", timestampMs: 2000, reason: null } as const;
  expect(newest(point, told)).toMatchObject({ id: "a/b", unit: "L", value: 7, timestampMs: 2000 });
  expect(newest(point, { ...told, timestampMs: 500 })).toBe(point);
  expect(newest(point, { ...told, quality: "silent", timestampMs: null })).toBe(point);
  expect(newest(point, undefined)).toBe(point);
});
