import { expect, test } from "vitest";
import { SilentRequests } from "./silent-requests.ts";

const SCAN_MS = 1_000;

/** Scans in which "a" is answered and the others are not; gives how often each was put. */
function scan(
  silent: SilentRequests<string>,
  others: readonly string[],
  { from, to }: { readonly from: number; readonly to: number },
): Map<string, number> {
  const asked = new Map<string, number>();
  for (let nowMs = from * SCAN_MS; nowMs < to * SCAN_MS; nowMs += SCAN_MS) {
    silent.answered("a");
    for (const one of others) {
      if (silent.restingReason(one, nowMs) !== null) continue;
      asked.set(one, (asked.get(one) ?? 0) + 1);
      silent.silent(one, { reason: "timeout", costMs: 500 }, nowMs);
    }
  }
  return asked;
}

const create = () => new SilentRequests<string>((text) => text);

test("a request that stays silent is put now and then, for a small part of the line", () => {
  const silent = create();
  scan(silent, ["b"], { from: 0, to: 4 });
  const reason = "timeout, while other requests are answered; next try in 20 s";
  expect(silent.restingReason("b", 4 * SCAN_MS)).toBe(reason);
  expect(silent.restingReason("a", 4 * SCAN_MS)).toBeNull();
  expect(scan(silent, ["b"], { from: 4, to: 604 }).get("b")).toBe(30);
});

test("many together cost no more than one, and each has its turn", () => {
  const silent = create();
  const many = ["b", "c", "d"];
  scan(silent, many, { from: 0, to: 4 });
  const asked = scan(silent, many, { from: 4, to: 604 });
  for (const one of many) expect(asked.get(one)).toBeGreaterThanOrEqual(9);
  expect([...asked.values()].reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(30);
  expect(silent.restingReason("c", 604 * SCAN_MS)).toContain("next try in 60 s");
});

test("where many fell silent together, the first try comes after one rest", () => {
  const silent = create();
  const many = ["b", "c", "d", "e", "f", "g"];
  scan(silent, many, { from: 0, to: 4 });
  const asked = scan(silent, many, { from: 4, to: 45 });
  // 20 s of rest between two tries, of whichever.
  expect([...asked.values()].reduce((sum, count) => sum + count, 0)).toBe(2);
  expect(asked.size).toBe(2);
});

test("once one of them is answered the others are put at once", () => {
  const silent = create();
  scan(silent, ["b", "c"], { from: 0, to: 4 });
  expect(silent.restingReason("c", 4 * SCAN_MS)).not.toBeNull();
  silent.answered("b");
  expect(silent.restingReason("c", 4 * SCAN_MS)).toBeNull();
  // One more silence is enough to rest again.
  scan(silent, ["c"], { from: 4, to: 5 });
  expect(silent.restingReason("c", 5 * SCAN_MS)).not.toBeNull();
});

test("one that is not wanted any more does not keep the others from their turn", () => {
  const silent = create();
  scan(silent, ["b", "c", "d"], { from: 0, to: 4 });
  const asked = scan(silent, ["c", "d"], { from: 4, to: 604 });
  expect(asked.get("b")).toBeUndefined();
  for (const one of ["c", "d"]) expect(asked.get(one)).toBeGreaterThanOrEqual(13);
});

test("the silence of all of them says nothing of one", () => {
  const silent = create();
  for (let nth = 0; nth < 9; nth++) {
    silent.silent("b", { reason: "timeout", costMs: 500 }, nth);
  }
  expect(silent.restingReason("b", 10)).toBeNull();
});

test("a slow unit rests for a minute at most", () => {
  const silent = create();
  for (let nth = 0; nth < 4; nth++) {
    silent.answered("a");
    silent.silent("b", { reason: "timeout", costMs: 30_000 }, nth);
  }
  expect(silent.restingReason("b", 59_000)).toContain("next try in 60 s");
  expect(silent.restingReason("b", 60_004)).toBeNull();
});
