import type { Gap } from "@headgate/model";
import { expect, it } from "vitest";
import { fitting } from "./fitting.ts";

const about = { sampleCount: 0, fromMs: 0, toMs: 0, reason: "capacity" } as const;
const gapAt = (seq: number): Gap => {
  return { kind: "gap", stream: "main", epoch: "e", first: seq, last: seq, ...about };
};
const gaps = [1, 2, 3, 4].map(gapAt);

it("a frame takes as many small entries as fit with what is said of each, and one always", () => {
  expect(fitting(gaps, 250)).toEqual(gaps.slice(0, 3));
  expect(fitting(gaps, 10)).toEqual(gaps.slice(0, 1));
  expect(fitting(gaps, 1000)).toBe(gaps);
});
