import { type Clock, Unreachable } from "@headgate/model";

/** What may end a wait before its work does. */
export interface Limits {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Each rejects the wait with its own reason when it aborts. */
  readonly signals: readonly AbortSignal[];
}

/** `work`, or `Unreachable` after the timeout; work that loses the race is no one's any more. */
export function within<T>(work: Promise<T>, { clock, timeoutMs, signals }: Limits): Promise<T> {
  return new Promise((resolve, reject) => {
    const ending = new AbortController();
    const stop = () => ending.abort();
    const finish = (settle: () => void) => {
      for (const signal of signals) signal.removeEventListener("abort", stop);
      stop();
      settle();
    };
    for (const signal of signals) {
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
    }
    work.then(
      (value) => finish(() => resolve(value)),
      (error: unknown) => finish(() => reject(error)),
    );
    void clock.sleep(timeoutMs, ending.signal).then(() => {
      finish(() => reject(reasonOf(signals) ?? new Unreachable(`timeout after ${timeoutMs} ms`)));
    });
  });
}

function reasonOf(signals: readonly AbortSignal[]): Error | undefined {
  const aborted = signals.find((signal) => signal.aborted);
  if (!aborted) return undefined;
  return aborted.reason instanceof Unreachable ? aborted.reason : new Unreachable("stopped");
}
