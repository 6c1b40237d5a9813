import type { Log, StreamFill } from "@headgate/model";

/** While it goes on it is told anew after this; as long without any more of it is its end. */
const TOLD_EACH_MS = 10 * 60_000;

const CAPACITY_KEYS = {
  events: "buffer.eventsCapacity",
  main: "buffer.capacity",
  history: "buffer.historyCapacity",
  media: "buffer.mediaCapacity",
} as const;

interface Loss {
  readonly stream: StreamFill["stream"];
  readonly fate: string;
  /** Since it began, and of that since it was told last. */
  samples: number;
  untoldSamples: number;
  toldAtMs: number;
  seenAtMs: number;
}

/** Tells when a stream begins to be thinned or dropped, that it goes on, and when it has ended. */
export class LossLog {
  readonly #log: Log;
  readonly #under = new Map<string, Loss>();
  #counts: ReadonlyMap<string, number> = new Map();

  constructor(log: Log) {
    this.#log = log;
  }

  /** What was lost before is no news. */
  begin(fills: readonly StreamFill[]): void {
    this.#counts = countsOf(fills);
  }

  /** Compares with what was before. Times are monotonic. */
  note(fills: readonly StreamFill[], nowMs: number): void {
    const before = this.#counts;
    this.#counts = countsOf(fills);
    for (const { stream } of fills) {
      for (const fate of FATES) {
        const key = `${stream} ${fate}`;
        const more = (this.#counts.get(key) ?? 0) - (before.get(key) ?? 0);
        if (more > 0) this.#more({ stream, fate }, more, nowMs);
        else this.#tellEnd(key, nowMs);
      }
    }
  }

  #more({ stream, fate }: Pick<Loss, "stream" | "fate">, more: number, nowMs: number): void {
    const key = `${stream} ${fate}`;
    const known = this.#under.get(key);
    const fresh = { stream, fate, samples: 0, untoldSamples: 0, toldAtMs: nowMs, seenAtMs: nowMs };
    const loss = known ?? fresh;
    loss.samples += more;
    loss.untoldSamples += more;
    loss.seenAtMs = nowMs;
    this.#under.set(key, loss);
    if (known && nowMs - loss.toldAtMs < TOLD_EACH_MS) return;
    const text = `${textOf(loss)}${known ? ", still" : ""}`;
    const { samples, untoldSamples } = loss;
    const since = known ? { sinceLastLine: untoldSamples } : {};
    this.#log.warn(text, { stream, reason: fate, samples, ...since });
    loss.toldAtMs = nowMs;
    loss.untoldSamples = 0;
  }

  #tellEnd(key: string, nowMs: number): void {
    const loss = this.#under.get(key);
    if (!loss || nowMs - loss.seenAtMs < TOLD_EACH_MS) return;
    this.#under.delete(key);
    const { stream, fate, samples } = loss;
    const verb = fate === "thinned" ? "thinned" : "dropped";
    this.#log.info(`buffer: no samples of "${stream}" are ${verb} any more`, {
      stream,
      reason: fate,
      samples,
    });
  }
}

/** Quarantined blocks have a line each. */
const FATES = ["thinned", "capacity", "expired", "disk-full", "damaged"] as const;

function countsOf(fills: readonly StreamFill[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { stream, thinnedCount, goneCounts } of fills) {
    counts.set(`${stream} thinned`, thinnedCount);
    for (const [reason, count] of Object.entries(goneCounts)) {
      counts.set(`${stream} ${reason}`, count);
    }
  }
  return counts;
}

function textOf({ stream, fate }: Loss): string {
  const key = CAPACITY_KEYS[stream];
  if (fate === "thinned") {
    return `buffer: "${stream}" is nearly full (${key}): its oldest samples become minutes`;
  }
  if (fate === "capacity") return `buffer: "${stream}" is full (${key}): its oldest are dropped`;
  if (fate === "expired") {
    return `buffer: "${stream}" has waited longer than buffer.keepUnsent: its oldest are dropped`;
  }
  if (fate === "disk-full") return `buffer: the disk takes nothing: "${stream}" is dropped`;
  return `buffer: blocks of "${stream}" are damaged and dropped`;
}
