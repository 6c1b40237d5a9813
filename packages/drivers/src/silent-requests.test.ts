import { expect, test } from "vitest";
import { SilentRequests } from "./silent-requests.ts";

/** `count` scans, ten seconds apart, in which "a" is answered and the others are not. */
function scans(silent: SilentRequests<string>, count: number, others: readonly string[]): number {
  let nowMs = 0;
  for (let scan = 0; scan < count; scan++, nowMs += 10_000) {
    silent.answered("a");
    for (const one of others) {
      if (silent.restingReason(one, nowMs) !== null) continue;
      silent.silent(one, { reason: "timeout", costMs: 500 }, nowMs);
    }
  }
  return nowMs;
}

test("a request that stays silent is put ever so often, for a small part of the line", () => {
  const silent = new SilentRequests<string>((text) => text);
  const nowMs = scans(silent, 3, ["b"]);
  expect(silent.restingReason("b", nowMs)).toMatch(/^timeout, while .*; next try in 20 s$/);
  expect(silent.restingReason("b", nowMs + 10_000)).toBeNull();
  expect(silent.restingReason("a", nowMs)).toBeNull();
});

test("many together cost no more, and none rests for longer than ten minutes", () => {
  const silent = new SilentRequests<string>((text) => text);
  const many = Array.from({ length: 100 }, (_, nth) => `b${nth}`);
  const nowMs = scans(silent, 4, many);
  expect(silent.restingReason("b99", nowMs)).toContain("next try in 600 s");
});

test("once one of them is answered the others are put at once", () => {
  const silent = new SilentRequests<string>((text) => text);
  const nowMs = scans(silent, 4, ["b", "c"]);
  expect(silent.restingReason("c", nowMs)).not.toBeNull();
  silent.answered("b");
  expect(silent.restingReason("c", nowMs)).toBeNull();
});

test("the silence of all of them says nothing of one", () => {
  const silent = new SilentRequests<string>((text) => text);
  for (let scan = 0; scan < 9; scan++) {
    silent.silent("b", { reason: "timeout", costMs: 500 }, scan);
  }
  expect(silent.restingReason("b", 10)).toBeNull();
});
