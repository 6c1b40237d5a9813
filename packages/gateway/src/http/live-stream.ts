import type { Clock, PointId, Sample } from "@headgate/model";
import { toJson } from "../to-json.ts";

/** Points are told so often at most, the status so often. */
const POINTS_MS_MIN = 250;
const STATUS_MS_MIN = 1_000;
/** Something is said so often at least: whoever hears nothing knows that contact is lost. */
const BEAT_MS = 5_000;
/** Points that one page can look at; a screen has fewer. */
export const STREAM_POINTS_MAX = 1_000;

/** What one page wants to hear. */
export interface Wanted {
  readonly points: readonly PointId[];
  readonly hasStatus: boolean;
  /** Tells batches of this list from those of the list before. */
  readonly list: number;
  /** Between two batches of points. */
  readonly everyMs: number;
}

/** What a stream is made of. */
export interface StreamSource {
  sampleOf(pointId: PointId): Sample | undefined;
  /** In JSON; the same text for all who ask within a second. */
  statusText(): string | null;
  /** Whether whoever listens may still. */
  isWelcome(): boolean;
}

/** One page's stream: what changed since it was last told, however slowly it reads. */
export class LiveStream {
  readonly id: string;
  readonly #source: StreamSource;
  #wanted: Wanted;
  #told: (Sample | undefined)[] = [];
  #isNew = true;
  #seq = 0;

  constructor(id: string, wanted: Wanted, source: StreamSource) {
    this.id = id;
    this.#wanted = wanted;
    this.#source = source;
  }

  /** From the next batch on; all of its points are told once, changed or not. */
  want(wanted: Wanted): void {
    this.#wanted = wanted;
    this.#told = [];
    this.#isNew = true;
  }

  /** Texts of server-sent events, until `signal` aborts or its reader is not welcome any more. */
  async *events(clock: Clock, signal: AbortSignal): AsyncGenerator<string> {
    yield this.#event("hello", JSON.stringify({ stream: this.id }));
    let [statusMs, spokenMs] = [Number.NEGATIVE_INFINITY, clock.monotonicMs()];
    let askedMs = spokenMs;
    let pointsMs = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      const nowMs = clock.monotonicMs();
      if (nowMs - askedMs >= BEAT_MS) {
        if (!this.#source.isWelcome()) return;
        askedMs = nowMs;
      }
      let text = "";
      // However seldom points are wanted, a new list, the status and the beat do not wait for them.
      if (this.#isNew || nowMs - pointsMs > this.#wanted.everyMs - POINTS_MS_MIN / 2) {
        text = this.#points(clock.nowMs());
        pointsMs = nowMs;
      }
      if (this.#wanted.hasStatus && nowMs - statusMs >= STATUS_MS_MIN) {
        const status = this.#source.statusText();
        if (status !== null) text += this.#event("status", status);
        statusMs = nowMs;
      }
      if (text === "" && nowMs - spokenMs >= BEAT_MS) {
        text = this.#event("beat", String(clock.nowMs()));
      }
      if (text !== "") {
        spokenMs = nowMs;
        yield text;
      }
      await clock.sleep(POINTS_MS_MIN, signal);
    }
  }

  /** `[[index, value, quality, timestampMs, reason?], …]`: indexes of the points wanted. */
  #points(atMs: number): string {
    const { points, list } = this.#wanted;
    const changed: unknown[] = [];
    for (let index = 0; index < points.length; index++) {
      const sample = this.#source.sampleOf(points[index] as PointId);
      if (!this.#isNew && isSame(sample, this.#told[index])) continue;
      this.#told[index] = sample;
      changed.push(row(index, sample));
    }
    const isDue = changed.length > 0 || (this.#isNew && points.length > 0);
    this.#isNew = false;
    return isDue ? this.#event("points", JSON.stringify({ atMs, list, points: changed })) : "";
  }

  #event(name: string, data: string): string {
    this.#seq++;
    return `id: ${this.#seq}\nevent: ${name}\ndata: ${data}\n\n`;
  }
}

function isSame(one: Sample | undefined, other: Sample | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  const { timestampMs, quality, value } = other;
  return one.timestampMs === timestampMs && one.quality === quality && one.value === value;
}

function row(index: number, sample: Sample | undefined): unknown[] {
  if (sample === undefined) return [index, null, "silent", null];
  const { quality, value, timestampMs } = sample;
  const reason = quality === "bad" ? [sample.reason] : [];
  return [index, toJson(value), quality, timestampMs, ...reason];
}
