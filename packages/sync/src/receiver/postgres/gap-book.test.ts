import type { GapReason } from "@headgate/model";
import { expect, it } from "vitest";
import { type GapBook, recordGap } from "./gap-book.ts";

const gap = (first: number, last: number, reason: GapReason) => {
  return { first, last, sampleCount: 3, fromMs: 0, toMs: 0, reason };
};

it("what expired takes nothing from a record that counts", () => {
  const counted = gap(3, 3, "quarantined");
  const held = { stored: [{ first: 1, last: 1 }], thinned: [] };
  const before: GapBook = { ...held, gone: [counted], gaps: [counted] };
  const after = recordGap(before, gap(1, 5, "expired"));
  const ranges = after?.gaps.map(({ first, last, reason }) => `${first}-${last} ${reason}`);
  expect(ranges).toEqual(["3-3 quarantined", "2-2 expired", "4-5 expired"]);
  expect(recordGap({ ...before, ...after }, gap(2, 5, "expired"))).toBeNull();
});
