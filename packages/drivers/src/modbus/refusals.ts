import { type Barrier, isCrossing, type Wanted } from "./plan-reads.ts";
import type { Table } from "./request.ts";

/** Places that are remembered; what a device refuses beyond is found anew. */
const BOUNDARIES_MAX = 4096;
const RETEST_MIN_MS = 60_000;
const RETEST_MAX_MS = 86_400_000;

/** What is kept across restarts. */
export interface KeptRefusals {
  readonly refused: readonly KeptRefusal[];
  readonly seams: readonly Barrier[];
}

interface KeptRefusal {
  readonly table: Table;
  readonly from: number;
  readonly count: number;
  readonly reason: string;
  readonly retestMs: number;
}

interface Refusal extends Barrier {
  reason: string;
  /** The device gave it before, on this connection. */
  wasGiven: boolean;
  retestAtMs: number;
  retestMs: number;
}

/**
 * What one device refused, so that it is not asked again at each scan: points, and places that no
 * request may reach across. A refused point is tried again after a minute, then ever more rarely,
 * at last once a day: a device that was only starting up must not lose a point for good.
 */
export class Refusals {
  readonly #points = new Map<string, Refusal>();
  readonly #boundaries: Barrier[] = [];
  /** Changes whenever a plan made before should be made anew. */
  revision = 0;
  /** No point is refused. It is asked at each read: a field is nearer than a map. */
  isEmpty = true;
  hasSeams = false;
  #turn = 0;
  /** How often a point was refused, for those who want to know whether one was meanwhile. */
  refusalCount = 0;

  /**
   * What no request may reach across. Points that are `wanted` and not refused the device gives:
   * what a refused one shares with them is no barrier, nor a seam in the middle of one.
   */
  barriers(wanted: readonly Wanted[] = [], { isWithSeams = true } = {}): Barrier[] {
    const given = wanted.filter((point) => !this.#points.has(keyOf(point)));
    const refused = () => [...this.#points.values()].flatMap((point) => without(point, given));
    if (!isWithSeams) return refused();
    const seams = this.#boundaries.filter(({ table, from, to }) => {
      const isInside = (point: Wanted) => point.from < from && to < point.from + point.count;
      return !given.some((point) => point.table === table && isInside(point));
    });
    return [...seams, ...refused()];
  }

  /** It was read across these places: they are no seams any more. */
  join({ table, from, count }: Omit<Wanted, "index">): void {
    const isIn = (seam: Barrier) => seam.table === table && isCrossing(seam, from, from + count);
    const left = this.#boundaries.filter((seam) => !isIn(seam));
    if (left.length === this.#boundaries.length) return;
    this.#boundaries.splice(0, this.#boundaries.length, ...left);
    this.#change();
  }

  /** Why the point is not asked, or null if it is, perhaps as a test. */
  reasonFor(point: Wanted, nowMs: number): string | null {
    const refusal = this.#points.get(keyOf(point));
    return refusal && nowMs < refusal.retestAtMs ? refusal.reason : null;
  }

  /** When the next point after `nowMs` is to be tried again; Infinity if none is. */
  nextRetestMs(nowMs: number): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { retestAtMs } of this.#points.values()) {
      if (retestAtMs > nowMs) nextMs = Math.min(nextMs, retestAtMs);
    }
    return nextMs;
  }

  /** `wasGiven`: the device gave these before. */
  refuse(points: readonly Wanted[], reason: string, nowMs: number, wasGiven = false): void {
    for (const point of points) {
      const before = this.#points.get(keyOf(point));
      const retestMs = before ? Math.min(RETEST_MAX_MS, before.retestMs * 2) : RETEST_MIN_MS;
      const { table, from, count } = point;
      const refusal = { table, from, to: from + count, reason, retestMs };
      const history = { retestAtMs: nowMs + retestMs, wasGiven: wasGiven || !!before?.wasGiven };
      this.#points.set(keyOf(point), { ...refusal, ...history });
    }
    this.refusalCount++;
    this.#change();
  }

  /**
   * One of the points that were given before and are refused now, another one each time; null if
   * there are none. A device in trouble refuses what it has: it is asked for one a scan.
   */
  nextGivenBefore(wanted: readonly Wanted[], nowMs: number): Wanted | null {
    if (this.#points.size === 0) return null;
    const resting = wanted.filter((point) => {
      const refusal = this.#points.get(keyOf(point));
      return refusal?.wasGiven && nowMs < refusal.retestAtMs;
    });
    return resting[this.#turn++ % Math.max(1, resting.length)] ?? null;
  }

  /** One of them is given again: all of them are asked. */
  retestGivenBefore(nowMs: number): void {
    for (const refusal of this.#points.values()) {
      if (refusal.wasGiven) refusal.retestAtMs = nowMs;
    }
    this.#change();
  }

  /** These answered; if one was refused before, it is a point like others again. */
  accept(points: readonly Wanted[]): void {
    if (this.isEmpty) return;
    for (const point of points) {
      if (this.#points.delete(keyOf(point))) this.#change();
    }
  }

  /** Two halves answer that refused to be read as one. */
  separate(barrier: Barrier): void {
    if (this.#boundaries.length === BOUNDARIES_MAX) return;
    this.#boundaries.push(barrier);
    this.#change();
  }

  #change(): void {
    this.revision++;
    this.isEmpty = this.#points.size === 0;
    this.hasSeams = this.#boundaries.length > 0;
  }

  kept(): { refused: KeptRefusal[]; seams: Barrier[] } {
    const refused = [...this.#points.values()].map(({ table, from, to, reason, retestMs }) => {
      return { table, from, count: to - from, reason, retestMs };
    });
    const within = <T>(places: T[]) => places.slice(0, BOUNDARIES_MAX);
    return { refused: within(refused), seams: within(this.#boundaries) };
  }

  restore({ refused, seams }: KeptRefusals, nowMs: number): void {
    for (const { table, from, count, reason, retestMs } of refused) {
      const refusal = { table, from, to: from + count, reason, retestMs };
      const key = keyOf({ table, from, count });
      this.#points.set(key, { ...refusal, retestAtMs: nowMs + retestMs, wasGiven: false });
    }
    this.#boundaries.push(...seams);
    this.#change();
  }
}

/** The parts of a barrier that lie in none of `others`. */
function without(barrier: Barrier, others: readonly Wanted[]): Barrier[] {
  const { table } = barrier;
  let parts = [barrier];
  for (const other of others) {
    const end = other.from + other.count;
    if (other.table !== table || !isCrossing(barrier, other.from, end)) continue;
    parts = parts
      .flatMap(({ from, to }) => [
        { table, from, to: Math.min(to, other.from) },
        { table, from: Math.max(from, end), to },
      ])
      .filter(({ from, to }) => from < to);
  }
  return parts;
}

function keyOf({ table, from, count }: Omit<Wanted, "index">): string {
  return `${table}:${from}+${count}`;
}
