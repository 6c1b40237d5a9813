import type { PointId, Sample } from "@headgate/model";

/** A time in which a point was not heard; both ends are excluded. */
export interface PointGap {
  readonly pointId: PointId;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What is kept of each point across restarts: last time, whether it is to be heard anew, gaps. */
export type GapBookState = Readonly<
  Record<PointId, readonly [lastMs: number, isFresh: 0 | 1, ...gaps: [number, number][]]>
>;

interface Heard {
  lastMs: number;
  /** Nothing was heard of it since the line came up. */
  isFresh: boolean;
  gaps: [fromMs: number, toMs: number][];
}

/** A device's clock that is so far ahead is wrong. */
const stepMin = 86_400_000;
/** Of one point; past that the oldest is given up. */
const gapsMax = 32;

/**
 * Knows up to when each point that has a history was heard, and the gaps between. Times are the
 * devices' own. Being told the same twice changes nothing.
 */
export class GapBook {
  readonly #heard = new Map<PointId, Heard>();
  #changes = 0;

  constructor(pointIds: readonly PointId[], state: GapBookState = {}) {
    for (const id of pointIds) {
      const [lastMs, isFresh, ...gaps] = state[id] ?? [Number.NaN, 1];
      this.#heard.set(id, { lastMs, isFresh: isFresh === 1, gaps: gaps.map((gap) => [...gap]) });
    }
  }

  /** Counts what a restart must not forget: new gaps, and what was filled. */
  get changes(): number {
    return this.#changes;
  }

  /** The line is up again: whatever lies before a point's next time was missed. */
  lineUp(): void {
    for (const heard of this.#heard.values()) heard.isFresh = true;
  }

  /**
   * A time came live, at `nowMs` by our clock. False if the point was heard with it, or a later
   * one, before.
   */
  hear(pointId: PointId, timestampMs: number, nowMs = Number.POSITIVE_INFINITY): boolean {
    const heard = this.#heard.get(pointId);
    if (!heard) return true;
    const { lastMs, isFresh } = heard;
    heard.isFresh = false;
    if (timestampMs < lastMs - stepMin && lastMs > nowMs + stepMin) {
      // The device's clock was far ahead, and is put right.
      heard.lastMs = timestampMs;
      return true;
    }
    if (timestampMs <= lastMs) return false;
    // Of a time to come nothing is recorded yet: what is told until then would come twice.
    const endMs = timestampMs > nowMs + stepMin ? nowMs : timestampMs;
    if (isFresh && !Number.isNaN(lastMs) && endMs - lastMs > 1) {
      heard.gaps.push([lastMs, endMs]);
      if (heard.gaps.length > gapsMax) heard.gaps.shift();
      this.#changes++;
    }
    heard.lastMs = timestampMs;
    return true;
  }

  /** A time of a gap came from the device's history, and is durable. */
  fill(pointId: PointId, timestampMs: number): void {
    const heard = this.#heard.get(pointId);
    const gap = heard?.gaps.find(([from, to]) => from < timestampMs && timestampMs < to);
    if (!gap) return;
    gap[0] = timestampMs;
    this.#changes++;
  }

  /** The device was asked for the whole gap: there is no more. */
  close({ pointId, toMs }: PointGap): void {
    const heard = this.#heard.get(pointId);
    if (!heard) return;
    heard.gaps = heard.gaps.filter(([, to]) => to !== toMs);
    this.#changes++;
  }

  /** One gap a point, its oldest; of at most `count` points. */
  next(count: number): PointGap[] {
    const gaps: PointGap[] = [];
    for (const [pointId, { gaps: open }] of this.#heard) {
      const [oldest] = open;
      if (oldest) gaps.push({ pointId, fromMs: oldest[0], toMs: oldest[1] });
      if (gaps.length === count) break;
    }
    return gaps;
  }

  /** How many points have a gap. */
  get openCount(): number {
    let count = 0;
    for (const { gaps } of this.#heard.values()) if (gaps.length > 0) count++;
    return count;
  }

  /** What was stored since the state was kept: live, or out of the history. */
  replay(sample: Sample, isBackfilled: boolean): void {
    // Those of a lost line are dated by us.
    if (sample.quality === "bad") return;
    if (isBackfilled) this.fill(sample.pointId, sample.timestampMs);
    else this.hear(sample.pointId, sample.timestampMs);
  }

  state(): GapBookState {
    const entries = [...this.#heard].flatMap(([id, { lastMs, isFresh, gaps }]) => {
      if (Number.isNaN(lastMs)) return [];
      const copies = gaps.map(([from, to]): [number, number] => [from, to]);
      return [[id, [lastMs, isFresh ? 1 : 0, ...copies]] as const];
    });
    return Object.fromEntries(entries);
  }
}
