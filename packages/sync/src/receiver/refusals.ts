import type { Clock, Log } from "@headgate/model";
import { BadFrame } from "../protocol/bad-frame.ts";
import type { ReceiveMeter, Refusal } from "./receive-meter.ts";

/** What is sent again and again is told of once in this time, by topic. */
const PAUSE_MS = 60_000;
/** Topics remembered for that; of further ones the count alone tells. */
const TOPICS_MAX = 1000;

/** What names one gateway in its topic and another in its contents. */
export class OfAnother extends BadFrame {}

/** What refusals are told and counted with. */
export interface RefusalsLent {
  readonly clock: Clock;
  readonly log: Log;
  readonly meter?: ReceiveMeter | undefined;
}

interface Told {
  readonly atMs: number;
  since: number;
}

/** Messages that are not taken at all: each is counted, and told unless one like it just was. */
export class Refusals {
  readonly #lent: RefusalsLent;
  readonly #told = new Map<string, Told>();

  constructor(lent: RefusalsLent) {
    this.#lent = lent;
  }

  add(topic: string, error: BadFrame): void {
    const { clock, log, meter } = this.#lent;
    const why: Refusal = error instanceof OfAnother ? "other-gateway" : "malformed";
    meter?.refused(why);
    const nowMs = clock.monotonicMs();
    const key = `${why} ${topic}`;
    const before = this.#told.get(key);
    if (before && nowMs - before.atMs < PAUSE_MS) {
      before.since++;
      return;
    }
    if (!this.#hasRoom(nowMs)) return;
    this.#told.set(key, { atMs: nowMs, since: 0 });
    const more = before?.since ? { sinceToldOf: before.since } : {};
    log.warn(TEXTS[why], { topic, reason: error.message, ...more });
  }

  #hasRoom(nowMs: number): boolean {
    if (this.#told.size < TOPICS_MAX) return true;
    for (const [key, { atMs }] of this.#told) {
      if (nowMs - atMs >= PAUSE_MS) this.#told.delete(key);
    }
    return this.#told.size < TOPICS_MAX;
  }
}

const TEXTS = {
  "other-gateway":
    "a message was refused: it names another gateway than its topic; check the broker's rights",
  malformed: "a message was dropped: it is not of the protocol",
} as const;
