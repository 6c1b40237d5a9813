import { type Context, describeError, Misconfigured, Unreachable } from "@headgate/model";

const DELAY_MIN_MS = 500;
const DELAY_MAX_MS = 60_000;
/**
 * A part that was up this long failed anew, not again: the pause starts small. One that was up for
 * less is up when it has been for so long: until then it is not told once more.
 */
const STABLE_MS = 10_000;

/** Where a supervised part of the gateway stands. */
export type PartState =
  | { readonly kind: "opening" }
  | { readonly kind: "up"; readonly sinceMs: number }
  /** It failed and will be tried again; "parked" is waiting for a person, but tried again too. */
  | {
      readonly kind: "waiting" | "parked";
      /** Of the first failure since it was last up. */
      readonly sinceMs: number;
      readonly reason: string;
      /** How long the pause is, and when it is over. */
      readonly retryInMs: number;
      readonly retryAtMs: number;
    };

export interface Supervised {
  /** For logs: `channel "bus-1"`. */
  readonly name: string;
  /** One life of the part: rejects when it is over, resolves when the signal aborted. */
  readonly attempt: (onUp: () => void) => Promise<void>;
  readonly onState: (state: PartState) => void;
  /** Longest pause for what may heal by itself; a minute if absent. */
  readonly delayMsMax?: number;
}

/**
 * Runs `attempt` until the signal aborts. The one place in the house that retries.
 * What needs a person is tried again too, at the longest pause: nobody may come for months, and
 * a broker that refused a password yesterday may take it today.
 */
export async function supervise(part: Supervised, context: Context): Promise<void> {
  const { clock, log, signal } = context;
  let delayMs = DELAY_MIN_MS;
  let attemptCount = 0;
  let lastText = "";
  let upSinceMs: number | null = null;
  let downSinceMs: number | null = null;
  let wasShort = false;
  let life = new AbortController();
  const sayUp = () => {
    log.info(`${part.name} is up`, attemptCount > 0 ? { attempts: attemptCount } : {});
    lastText = "";
  };
  const sayUpOnceStable = async (ended: AbortSignal) => {
    await clock.sleep(STABLE_MS, ended);
    if (!ended.aborted) sayUp();
  };
  const onUp = () => {
    if (upSinceMs !== null) return;
    upSinceMs = clock.monotonicMs();
    if (wasShort) void sayUpOnceStable(life.signal);
    else sayUp();
    downSinceMs = null;
    part.onState({ kind: "up", sinceMs: clock.nowMs() });
  };
  part.onState({ kind: "opening" });
  while (!signal.aborted) {
    life = new AbortController();
    try {
      await part.attempt(onUp).finally(() => life.abort());
      if (signal.aborted) return;
      throw new Unreachable("ended without being asked to");
    } catch (error) {
      if (signal.aborted) return;
      const fault = judge(error);
      if (upSinceMs !== null && clock.monotonicMs() - upSinceMs >= STABLE_MS) {
        delayMs = DELAY_MIN_MS;
        attemptCount = 0;
      }
      wasShort = upSinceMs !== null && clock.monotonicMs() - upSinceMs < STABLE_MS;
      upSinceMs = null;
      if (fault.isLongPause) delayMs = DELAY_MAX_MS;
      const jitteredMs = Math.round(delayMs * jitter(part.name, attemptCount));
      const retryInMs = Math.max(jitteredMs, fault.retryAfterMs);
      const reason = describeError(error);
      const fields = fault.isBug ? { error, retryInMs } : { reason, retryInMs };
      if (reason !== lastText) log[fault.level](`${part.name} ${fault.text}`, fields);
      lastText = reason;
      const kind = fault.isLongPause ? "parked" : "waiting";
      const nowMs = clock.nowMs();
      downSinceMs ??= nowMs;
      const retryAtMs = nowMs + retryInMs;
      part.onState({ kind, sinceMs: downSinceMs, reason, retryInMs, retryAtMs });
      await clock.sleep(retryInMs, signal);
      delayMs = Math.min(delayMs * 2, part.delayMsMax ?? DELAY_MAX_MS);
      attemptCount++;
    }
  }
}

interface Fault {
  readonly level: "warn" | "error";
  readonly text: string;
  readonly isLongPause: boolean;
  readonly isBug: boolean;
  readonly retryAfterMs: number;
}

const HEALS = { isLongPause: false, isBug: false } as const;
const PARKS = { isLongPause: true, isBug: false, retryAfterMs: 0 } as const;

function judge(error: unknown): Fault {
  if (error instanceof Unreachable) {
    const { retryAfterMs } = error;
    return { level: "warn", text: "is unreachable", ...HEALS, retryAfterMs };
  }
  if (error instanceof Misconfigured) return { level: "error", text: "is parked", ...PARKS };
  // A bug in one part must not stop the meters of all others: isolated, loud, and retried slowly.
  return { level: "error", text: "failed by a bug", ...PARKS, isBug: true };
}

/** 0.8 to 1.2, the same for the same part and attempt, so that a simulation can replay it. */
function jitter(name: string, attempt: number): number {
  let hash = attempt + 1;
  for (let index = 0; index < name.length; index++) {
    hash = (Math.imul(hash, 31) + name.charCodeAt(index)) >>> 0;
  }
  return 0.8 + (0.4 * (hash % 1000)) / 1000;
}
