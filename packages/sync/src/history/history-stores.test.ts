import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, silentLog, systemClock } from "@headgate/model";
import { expect, test, vi } from "vitest";
import { openBuffer } from "../buffer/open-buffer.ts";
import { openHistory } from "./history.ts";

const START = 1_767_225_600_000;
const MINUTE_MS = 60_000;
const WAIT = { timeout: 20_000, interval: 5 };

/** Time passes when a test says so. */
class HandClock implements Clock {
  ms = 0;
  readonly #sleeping = new Map<() => void, number>();

  get isAwaited(): boolean {
    return this.#sleeping.size > 0;
  }

  nowMs(): number {
    return START + this.ms;
  }

  monotonicMs(): number {
    return this.ms;
  }

  sleep(ms: number, until?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#sleeping.delete(wake);
        resolve();
      };
      this.#sleeping.set(wake, this.ms + ms);
      until?.addEventListener("abort", wake);
      if (until?.aborted) wake();
    });
  }

  pass(ms: number): void {
    this.ms += ms;
    for (const [wake, atMs] of this.#sleeping) if (atMs <= this.ms) wake();
  }
}

test.each([
  ["of now each five minutes", 0, 5],
  ["that came late at once: the buffer does not say when it came", 60 * MINUTE_MS, 1],
])("history stores what is %s", async (_, lateMs, minutes) => {
  const directory = await mkdtemp(join(tmpdir(), "headgate-history-"));
  const { signal } = new AbortController();
  const context = { clock: systemClock, log: silentLog, signal, directory };
  const about = { directory, capacityBytesMax: 2 ** 24, mediaCapacityBytesMax: 2 ** 20 };
  const buffer = await openBuffer(
    { ...about, commitIntervalMs: 50, uplinkIds: [], pointIds: [] },
    context,
  );
  const clock = new HandClock();
  const history = openHistory(buffer, { ...about, pointIds: ["a/x"] }, { ...context, clock });
  if (!history) throw new Error("the buffer lends no thread");
  try {
    for (let minute = 1; minute <= minutes; minute++) {
      await vi.waitFor(() => expect(clock.isAwaited).toBe(true), WAIT);
      expect(history.status().file).toBe(null);
      const timestampMs = clock.nowMs() - lateMs;
      history.keep([{ pointId: "a/x", timestampMs, quality: "good", value: minute }]);
      clock.pass(MINUTE_MS);
    }
    await vi.waitFor(() => expect(history.status().file?.rawFromMs).toBe(START), WAIT);
  } finally {
    await history.close();
    await buffer.close();
    await rm(directory, { recursive: true });
  }
});
