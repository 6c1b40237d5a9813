import { describe, expect, it } from "vitest";
import { AT_ONCE_RANK_MS, GUEST_RANK_MS, TurnQueue, WRITE_RANK_MS } from "./turn-queue.ts";

const SCAN_RANK_MS = 1000;

/** A line on which a scan asks one thing after the other, and guests come back at once. */
function shareOf(guestCount: number, { share = 0.3, guestMs = 10, ownMs = 10 } = {}) {
  const queue = new TurnQueue(share);
  const add = (rankMs: number) => queue.add({ rankMs, sinceMs: 0, wake: () => {} });
  for (let count = 0; count < guestCount; count++) add(GUEST_RANK_MS);
  let [ownUsedMs, guestUsedMs, longestWaitMs, waitMs] = [0, 0, 0, 0];
  for (let turn = 0; turn < 3000; turn++) {
    // The scan's next request comes a moment after its last: the queue does not hold it yet.
    const next = queue.take(0, true);
    if (next?.rankMs === GUEST_RANK_MS) {
      queue.note(GUEST_RANK_MS, guestMs);
      guestUsedMs += guestMs;
      add(GUEST_RANK_MS);
      waitMs = 0;
    } else {
      expect(queue.mustWait(SCAN_RANK_MS, true)).toBe(false);
      queue.note(SCAN_RANK_MS, ownMs);
      ownUsedMs += ownMs;
      waitMs += ownMs;
    }
    longestWaitMs = Math.max(longestWaitMs, waitMs);
  }
  return { share: guestUsedMs / (guestUsedMs + ownUsedMs), longestWaitMs };
}

describe("guests on a line that scans want all of", () => {
  it("get their share of the time, however many they are and however long they take", () => {
    expect(shareOf(1).share).toBeCloseTo(0.3, 2);
    expect(shareOf(16).share).toBeCloseTo(0.3, 2);
    expect(shareOf(16, { guestMs: 50 }).share).toBeCloseTo(0.3, 2);
    expect(shareOf(4, { share: 0.05 }).share).toBeCloseTo(0.05, 2);
    expect(shareOf(4, { share: 0.9 }).share).toBeCloseTo(0.9, 2);
  });

  it("wait for no more than the scans' share between two turns", () => {
    expect(shareOf(4).longestWaitMs).toBeLessThanOrEqual(30);
  });

  it("come in order of arrival, and after our writes", () => {
    const queue = new TurnQueue(0.5);
    const order: string[] = [];
    const add = (name: string, rankMs: number) =>
      queue.add({ rankMs, sinceMs: 0, wake: () => order.push(name) });
    add("a", GUEST_RANK_MS);
    add("b", GUEST_RANK_MS);
    add("write", WRITE_RANK_MS);
    add("inspect", AT_ONCE_RANK_MS);
    for (let turn = 0; turn < 4; turn++) {
      const next = queue.take(0);
      next?.wake();
      queue.note(next?.rankMs ?? 0, 10);
    }
    expect(order).toEqual(["write", "a", "inspect", "b"]);
  });

  it("have all the time that nobody else wants, and it is not held against them", () => {
    const queue = new TurnQueue(0.3);
    const add = (rankMs: number) => queue.add({ rankMs, sinceMs: 0, wake: () => {} });
    for (let turn = 0; turn < 100; turn++) {
      add(GUEST_RANK_MS);
      expect(queue.take(0)?.rankMs).toBe(GUEST_RANK_MS);
      queue.note(GUEST_RANK_MS, 10);
    }
    const turns = [];
    for (let turn = 0; turn < 8; turn++) {
      add(GUEST_RANK_MS);
      add(SCAN_RANK_MS);
      const rankMs = queue.take(0)?.rankMs ?? 0;
      turns.push(rankMs === GUEST_RANK_MS ? "guest" : "own");
      queue.note(rankMs, 10);
    }
    expect(turns.filter((party) => party === "guest").length).toBeGreaterThanOrEqual(2);
  });
});
