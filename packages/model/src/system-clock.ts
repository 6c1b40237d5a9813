import type { Clock } from "./clock.ts";

/** The machine's clock: the one place that reads time and sets timers. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep(durationMs, signal) {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(0, durationMs));
      signal.addEventListener("abort", wake, { once: true });
    });
  },
};
