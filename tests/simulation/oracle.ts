import type { Sample } from "@headgate/model";
import { covers, type Spans, unionOf } from "@headgate/sync/cores";

const EVENTS_MAX = 40;

/** The first thing that went wrong, and what happened before it. */
export interface Violation {
  readonly text: string;
  readonly atMs: number;
  readonly lastEvents: readonly string[];
}

interface Committed {
  readonly epoch: string;
  readonly first: number;
  readonly last: number;
}

/** Knows all that was produced and committed, and judges what the receiver made of it. */
export class Oracle {
  violation: Violation | null = null;
  /** Samples taken from here on must arrive fast; null while nothing is promised. */
  liveSinceMs: number | null = null;
  liveLatencyMs = 0;
  storedCount = 0;
  lostCount = 0;
  readonly #clock: { nowMs(): number; monotonicMs(): number };
  readonly #events: string[] = [];
  readonly #produced = new Set<string>();
  #producedInThisLife: string[] = [];
  readonly #appended = new Map<string, number>();
  readonly #committed = new Map<string, Committed[]>();
  readonly #stored = new Map<string, number>();
  readonly #heads = new Map<string, number>();
  readonly #covered = new Map<string, Spans>();
  readonly #gaps = new Map<string, Spans>();

  constructor(clock: { nowMs(): number; monotonicMs(): number }) {
    this.#clock = clock;
  }

  /** An event worth telling if something goes wrong later. */
  note(text: string): void {
    this.#events.push(`${(this.#clock.monotonicMs() / 1000).toFixed(3)} s: ${text}`);
    if (this.#events.length > EVENTS_MAX) this.#events.shift();
  }

  violate(text: string): void {
    const atMs = this.#clock.monotonicMs();
    this.violation ??= { text, atMs, lastEvents: [...this.#events] };
  }

  produced(sample: Sample): void {
    this.#produced.add(nameOf(sample));
    this.#producedInThisLife.push(nameOf(sample));
  }

  /** A gateway starts: what the last one had not committed may be lost. */
  started(): void {
    this.#producedInThisLife = [];
  }

  /** It was stopped in peace: then nothing is lost. */
  stopped(): void {
    for (const name of this.#producedInThisLife) {
      if (!this.#committed.has(name)) this.violate(`${name} was read, and not kept`);
    }
  }

  appended(samples: readonly Sample[]): void {
    for (const sample of samples) {
      const name = nameOf(sample);
      if (sample.quality !== "bad" && !this.#produced.has(name)) {
        this.violate(`${name} was kept, and no driver gave it`);
      }
      this.#appended.set(name, (this.#appended.get(name) ?? 0) + 1);
    }
  }

  /** These samples are durable in blocks `first` to `last` of the epoch. */
  committed(samples: readonly Sample[], where: Committed): void {
    for (const sample of samples) {
      const name = nameOf(sample);
      const places = this.#committed.get(name) ?? [];
      places.push(where);
      this.#committed.set(name, places);
    }
    this.head(where.epoch, where.last);
  }

  /** The epoch's blocks reach this far. */
  head(epoch: string, seq: number): void {
    this.#heads.set(epoch, Math.max(seq, this.#heads.get(epoch) ?? 0));
  }

  /** The receiver has committed this block. */
  storedBlock(epoch: string, seq: number, samples: readonly Sample[]): void {
    this.#cover(this.#covered, epoch, { first: seq, last: seq });
    if (seq > (this.#heads.get(epoch) ?? 0)) {
      this.violate(`block ${seq} of ${epoch} was stored before it was durable at its gateway`);
    }
    for (const sample of samples) this.#storedSample(sample);
  }

  #storedSample(sample: Sample): void {
    const name = nameOf(sample);
    const count = (this.#stored.get(name) ?? 0) + 1;
    this.#stored.set(name, count);
    this.storedCount++;
    if (!this.#appended.has(name)) this.violate(`${name} was stored, and never produced`);
    if (count > 1 && sample.quality !== "bad") this.violate(`${name} was stored ${count} times`);
    if (this.liveSinceMs === null || sample.timestampMs < this.liveSinceMs) return;
    const latencyMs = this.#clock.nowMs() - sample.timestampMs;
    this.liveLatencyMs = Math.max(this.liveLatencyMs, latencyMs);
  }

  /** The receiver has recorded that these are gone. */
  recordedGap(epoch: string, span: { first: number; last: number }): void {
    this.#cover(this.#covered, epoch, span);
    this.#cover(this.#gaps, epoch, span);
  }

  /** The gateway believes that the receiver has these for good. */
  acknowledged(epoch: string, { first, last }: { first: number; last: number }): void {
    if (covers(this.#covered.get(epoch) ?? [], first, last)) return;
    this.violate(`${first} to ${last} of ${epoch} count as acknowledged, not all are stored`);
  }

  /** Everything has come to rest: the books must agree. */
  judge(): void {
    for (const [epoch, head] of this.#heads) {
      if (head > 0 && !covers(this.#covered.get(epoch) ?? [], 1, head)) {
        const covered = JSON.stringify(this.#covered.get(epoch) ?? []);
        this.violate(`of ${epoch} 1 to ${head} exist, the receiver has ${covered}`);
      }
    }
    for (const [name, places] of this.#committed) {
      const inGap = places.filter((place) => this.#isInGap(place)).length;
      const stored = this.#stored.get(name) ?? 0;
      this.lostCount += inGap;
      if (stored === places.length - inGap) continue;
      this.violate(`${name} was committed ${places.length} times, stored ${stored}, gaps ${inGap}`);
    }
  }

  #isInGap({ epoch, first, last }: Committed): boolean {
    return covers(this.#gaps.get(epoch) ?? [], first, last);
  }

  #cover(of: Map<string, Spans>, epoch: string, span: { first: number; last: number }): void {
    of.set(epoch, unionOf(of.get(epoch) ?? [], [{ first: span.first, last: span.last }]));
  }
}

/** Values name their point and count; a bad sample is told by its point, time and reason. */
function nameOf(sample: Sample): string {
  if (sample.quality !== "bad") return `${sample.pointId}=${String(sample.value)}`;
  return `${sample.pointId}@${sample.timestampMs} (${sample.reason})`;
}
