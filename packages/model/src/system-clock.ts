import type { Clock } from "./clock.ts";

/** What a timer waits at least. */
const TIMER_MS = 1;

/** Others have their turn meanwhile. */
async function stayAwake(durationMs: number, signal: AbortSignal): Promise<void> {
  const endMs = performance.now() + durationMs;
  do await new Promise<void>((resolve) => setImmediate(resolve));
  while (!signal.aborted && performance.now() < endMs);
}

/** A timer holds 31 bits; one that is set to more is over at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The machine's clock: the one place that reads time and sets timers. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep(durationMs, signal) {
    if (signal.aborted) return Promise.resolve();
    if (durationMs < TIMER_MS) return stayAwake(durationMs, signal);
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const arm = (leftMs: number): NodeJS.Timeout =>
        leftMs <= TIMER_MS_MAX
          ? setTimeout(wake, Math.max(0, leftMs))
          : setTimeout(() => {
              timer = arm(leftMs - TIMER_MS_MAX);
            }, TIMER_MS_MAX);
      let timer = arm(durationMs);
      signal.addEventListener("abort", wake, { once: true });
    });
  },
};
