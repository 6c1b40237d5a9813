import { AskError, ask } from "./ask.ts";

/** The last answer to a question that is asked again and again while someone looks. */
export interface Poll<T> {
  readonly data: T | null;
  /** Why there is no newer answer; null while all is well. */
  readonly error: AskError | null;
  readonly answeredMs: number | null;
  /** Asks at once. */
  again(): void;
}

interface Asking<T> {
  /** May read state: it is looked at after each answer. */
  readonly everyMs: number | (() => number);
  readonly onAnswer?: (data: T) => void;
}

/** Many points take long to write and to read: the gateway has better things to do. */
const SHARE_MAX = 0.1;

const msOf = (everyMs: number | (() => number)) =>
  typeof everyMs === "number" ? everyMs : everyMs();

/**
 * Polls while the component that calls this is there and the page is seen. `pathOf` may read
 * state: another path is asked at once; null asks nothing.
 */
export function createPoll<T>(pathOf: () => string | null, { everyMs, onAnswer }: Asking<T>) {
  let data = $state.raw<T | null>(null);
  let error = $state.raw<AskError | null>(null);
  let answeredMs = $state<number | null>(null);
  let turn = $state(0);
  let before: string | null = null;

  $effect(() => {
    const path = pathOf();
    void turn;
    if (path === null) return;
    // What was said of one thing is not shown as if it were said of another.
    if (before !== null && path !== before) [data, error, answeredMs] = [null, null, null];
    before = path;
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async () => {
      timer = undefined;
      const startedMs = performance.now();
      if (!document.hidden) {
        try {
          const answer = await ask<T>(path, { signal: ending.signal });
          if (ending.signal.aborted) return;
          onAnswer?.(answer);
          [data, error, answeredMs] = [answer, null, Date.now()];
        } catch (thrown) {
          if (ending.signal.aborted) return;
          error = thrown instanceof AskError ? thrown : new AskError(String(thrown), null);
        }
      }
      timer = setTimeout(run, Math.max(msOf(everyMs), (performance.now() - startedMs) / SHARE_MAX));
    };
    const onSeen = () => {
      if (document.hidden || timer === undefined) return;
      clearTimeout(timer);
      void run();
    };
    document.addEventListener("visibilitychange", onSeen);
    void run();
    return () => {
      ending.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onSeen);
    };
  });

  return {
    get data() {
      return data;
    },
    get error() {
      return error;
    },
    get answeredMs() {
      return answeredMs;
    },
    again: () => void turn++,
  } satisfies Poll<T>;
}
