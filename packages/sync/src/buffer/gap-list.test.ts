import type { Gap } from "@headgate/model";
import { expect, test } from "vitest";
import { withGap } from "./gap-list.ts";

function gap(first: number, last: number, more: Partial<Gap> = {}): Gap {
  const at = { kind: "gap", stream: "main", epoch: "e", first, last } as const;
  return { ...at, sampleCount: 5, fromMs: first, toMs: last, reason: "capacity", ...more };
}

test("neighbours become one gap, with the samples and the time of both", () => {
  const gaps = withGap(withGap([gap(1, 2)], gap(5, 6)), gap(3, 4));
  expect(gaps).toEqual([gap(1, 6, { sampleCount: 15 })]);
});

test("a gap of another reason, epoch or stream stays by itself", () => {
  const others = [{ reason: "damaged" }, { epoch: "f" }, { stream: "media" }] as const;
  for (const other of others) {
    expect(withGap([gap(1, 2)], gap(3, 4, other))).toEqual([gap(1, 2), gap(3, 4, other)]);
  }
});
