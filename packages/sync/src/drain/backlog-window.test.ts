import { describe, expect, it } from "vitest";
import { BacklogWindow } from "./backlog-window.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** What waits in the end at a far side of `rate` bytes a second that speaks every `ackMs`. */
function settled(rate: number, ackMs: number, seconds = 60): number {
  const window = new BacklogWindow();
  let waiting = 0;
  for (let nowMs = 0; nowMs < seconds * 1000; nowMs += ackMs) {
    waiting = Math.max(waiting, window.bytesMax(nowMs));
    const done = Math.min(waiting, (rate * ackMs) / 1000);
    waiting -= done;
    window.confirmed(done, nowMs);
  }
  return waiting;
}

describe("the window of a backlog", () => {
  it.each([
    ["a receiver that stores 300 KiB a second", 300 * KIB, 100],
    ["a fast one", 8 * MIB, 100],
    ["one that speaks once a second", 2 * MIB, 1000],
  ])("is at most a second's work for %s", (_what, rate, ackMs) => {
    expect(settled(rate, ackMs) / rate).toBeLessThan(1);
  });

  it.each([
    [4 * MIB, 100],
    [40 * MIB, 100],
    [4 * MIB, 500],
  ])("opens until %d bytes a second get through, acknowledged every %d ms", (rate, ackMs) => {
    const window = new BacklogWindow();
    let through = 0;
    for (let nowMs = 0; nowMs < 30_000; nowMs += ackMs) {
      const done = Math.min(window.bytesMax(nowMs), (rate * ackMs) / 1000);
      window.confirmed(done, nowMs);
      if (nowMs >= 20_000) through += done;
    }
    expect(through / 10).toBeGreaterThan(0.9 * rate);
  });

  it("is small at the start, and again after a long silence", () => {
    const window = new BacklogWindow();
    expect(window.bytesMax(0)).toBe(256 * KIB);
    for (let nowMs = 0; nowMs < 5000; nowMs += 100) window.confirmed(MIB, nowMs);
    expect(window.bytesMax(5000)).toBeGreaterThan(5 * MIB);
    expect(window.bytesMax(60_000)).toBe(256 * KIB);
  });

  it("never grows beyond its bound", () => {
    const window = new BacklogWindow();
    for (let nowMs = 0; nowMs < 5000; nowMs += 10) window.confirmed(64 * MIB, nowMs);
    expect(window.bytesMax(5000)).toBe(64 * MIB);
  });
});
