import {
  type BlockRange,
  type BufferStatus,
  type Entry,
  type EpochStatus,
  extentOf,
  type Seq,
} from "@headgate/model";
import { RangeSet } from "../protocol/range-set.ts";
import type { EpochView } from "./plan-drain.ts";

/** A backlog of this many blocks is sent as live: no split for the blink of a reconnect. */
const LIVE_BACKLOG_BLOCKS_MAX = 20;
/** Live blocks that pile up beyond this become backlog, so that the newest go first again. */
const LIVE_PENDING_BLOCKS_MAX = 600;
/** Requests to send again that are kept; a receiver asks anew for what was forgotten. */
const REPAIRS_MAX = 1000;

/** Sent, and not yet known to have arrived for good. */
export interface Unconfirmed {
  readonly range: BlockRange;
  readonly bytes: number;
  readonly sentAtMs: number;
}

/** How long and how large what waits in one place may become. */
export interface MergeLimits {
  readonly mergeMs: number;
  readonly mergeBytesMax: number;
}

interface Progress {
  liveFrom: Seq;
  readonly taken: RangeSet;
  /** Reads that found nothing; asked again when the buffer has changed. */
  readonly empty: RangeSet;
}

/** What one session has sent, awaits and was asked for. No clock, no socket. */
export class DrainLedger {
  readonly #uplinkId: string;
  readonly #progress = new Map<string, Progress>();
  #views: EpochView[] = [];
  #repairs: BlockRange[] = [];
  #unconfirmed: Unconfirmed[] = [];
  #unconfirmedBytes = 0;
  #isOpening = true;

  constructor(uplinkId: string) {
    this.#uplinkId = uplinkId;
  }

  get epochs(): readonly EpochView[] {
    return this.#views;
  }

  get repairs(): readonly BlockRange[] {
    return this.#repairs;
  }

  get unconfirmedBytes(): number {
    return this.#unconfirmedBytes;
  }

  /** Takes a new look at the buffer. To be called before each plan. */
  refresh(status: BufferStatus): void {
    const cursor = status.cursors.get(this.#uplinkId) ?? [];
    this.#views = status.epochs.map((epoch) => {
      const acked = new RangeSet();
      for (const range of cursor) {
        if (range.stream === epoch.stream && range.epoch === epoch.epoch) {
          acked.add(range.first, range.last);
        }
      }
      const progress = this.#progressOf(epoch, acked);
      if (epoch.headSeq - progress.liveFrom >= LIVE_PENDING_BLOCKS_MAX) {
        this.#splitAnew(epoch, progress, acked);
      }
      const { liveFrom, taken } = progress;
      return { ...epoch, liveFrom, acked, taken };
    });
    this.#isOpening = false;
    this.#repairs = this.#repairs.flatMap((range) => this.clip(range));
  }

  #progressOf(epoch: EpochStatus, acked: RangeSet): Progress {
    const key = keyOf(epoch);
    const known = this.#progress.get(key);
    if (known) return known;
    let liveFrom = this.#isOpening ? epoch.headSeq + 1 : 1;
    if (epoch.isCurrent && countPending(epoch, acked) <= LIVE_BACKLOG_BLOCKS_MAX) liveFrom = 1;
    const progress = { liveFrom, taken: new RangeSet(), empty: new RangeSet() };
    this.#progress.set(key, progress);
    return progress;
  }

  #splitAnew(epoch: EpochStatus, progress: Progress, acked: RangeSet): void {
    const done = new RangeSet([...acked.ranges, ...progress.taken.ranges]);
    const live = { headSeq: epoch.headSeq, tailSeq: Math.max(epoch.tailSeq, progress.liveFrom) };
    if (countPending(live, done) < LIVE_PENDING_BLOCKS_MAX) return;
    progress.liveFrom = epoch.headSeq - LIVE_BACKLOG_BLOCKS_MAX + 1;
  }

  /** Notes what a read for `range` gave: it is on its way now. */
  take(range: BlockRange, entries: readonly Entry[]): void {
    const progress = this.#progress.get(keyOf(range));
    if (!progress) return;
    if (entries.length === 0) {
      progress.empty.add(range.first, range.last);
      progress.taken.add(range.first, range.last);
    }
    for (const entry of entries) {
      const { first, last } = extentOf(entry);
      progress.taken.add(first, last);
    }
  }

  /** Gives back what was not sent after all. */
  release(range: BlockRange): void {
    this.#progress.get(keyOf(range))?.taken.remove(range.first, range.last);
  }

  /** The buffer has changed: what could not be read before may be there now. */
  retryEmpty(): void {
    for (const { taken, empty } of this.#progress.values()) {
      for (const [first, last] of [...empty.ranges]) {
        taken.remove(first, last);
        empty.remove(first, last);
      }
    }
  }

  /** Puts a range in line to be sent again. */
  askRepair(range: BlockRange): void {
    if (this.#repairs.length < REPAIRS_MAX) this.#repairs.push(...this.clip(range));
  }

  /** The first repair is done up to and including `last`. */
  repaired(last: Seq): void {
    const [range, ...others] = this.#repairs;
    if (!range) return;
    this.#repairs = last >= range.last ? others : [{ ...range, first: last + 1 }, ...others];
  }

  /** The part of a range that this buffer ever gave a number to and still keeps. */
  clip(range: BlockRange): BlockRange[] {
    const view = this.#views.find((other) => keyOf(other) === keyOf(range));
    if (!view) return [];
    const first = Math.max(range.first, view.tailSeq, 1);
    const last = Math.min(range.last, view.headSeq);
    return first <= last ? [{ ...range, first, last }] : [];
  }

  /**
   * The part of an acknowledged range that can be believed. Whoever holds a number that this buffer
   * never gave holds other data under it: then only what was sent now can be meant.
   */
  believed(range: BlockRange): BlockRange[] {
    const view = this.#views.find((other) => keyOf(other) === keyOf(range));
    if (!view) return [];
    if (range.last <= view.headSeq) return this.clip(range);
    const sent = new RangeSet();
    for (const unconfirmed of this.#unconfirmed) {
      const { first, last } = unconfirmed.range;
      if (keyOf(unconfirmed.range) === keyOf(range)) sent.add(first, last);
    }
    const meant = sent.intersect(new RangeSet([[range.first, range.last]]));
    return meant.ranges.map(([first, last]) => ({ ...range, first, last }));
  }

  /** Notes what waits for the far side's word; small neighbours share a place. */
  await(sent: Unconfirmed, { mergeMs, mergeBytesMax }: MergeLimits): void {
    this.#unconfirmedBytes += sent.bytes;
    const latest = this.#unconfirmed.at(-1);
    const isNext =
      latest !== undefined &&
      keyOf(latest.range) === keyOf(sent.range) &&
      latest.range.last + 1 === sent.range.first &&
      latest.bytes + sent.bytes <= mergeBytesMax &&
      sent.sentAtMs - latest.sentAtMs < mergeMs;
    if (!isNext) {
      this.#unconfirmed.push(sent);
      return;
    }
    const range = { ...latest.range, last: sent.range.last };
    const merged = { range, bytes: latest.bytes + sent.bytes, sentAtMs: latest.sentAtMs };
    this.#unconfirmed[this.#unconfirmed.length - 1] = merged;
  }

  /** Forgets what is acknowledged by now. */
  settle(): void {
    const ackedOf = new Map(this.#views.map((view) => [keyOf(view), view.acked]));
    this.#unconfirmed = this.#unconfirmed.filter(({ range }) => {
      const acked = ackedOf.get(keyOf(range));
      return acked !== undefined && !acked.covers(range.first, range.last);
    });
    this.#unconfirmedBytes = this.#unconfirmed.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Puts what was sent before `sentBeforeMs` in line again, `countMax` at most. */
  repairOverdue(sentBeforeMs: number, countMax: number): number {
    const isOverdue = ({ sentAtMs }: Unconfirmed) => sentAtMs <= sentBeforeMs;
    const overdue = this.#unconfirmed.filter(isOverdue).slice(0, countMax);
    if (overdue.length === 0) return 0;
    const chosen = new Set(overdue);
    this.#unconfirmed = this.#unconfirmed.filter((sent) => !chosen.has(sent));
    for (const { range, bytes } of overdue) {
      this.#unconfirmedBytes -= bytes;
      for (const missing of this.#unacked(range)) this.askRepair(missing);
    }
    return overdue.length;
  }

  #unacked(range: BlockRange): BlockRange[] {
    const view = this.#views.find((other) => keyOf(other) === keyOf(range));
    const missing = new RangeSet([[range.first, range.last]]);
    for (const [first, last] of view?.acked.ranges ?? []) missing.remove(first, last);
    return missing.ranges.map(([first, last]) => ({ ...range, first, last }));
  }
}

function countPending(epoch: { tailSeq: Seq; headSeq: Seq }, done: RangeSet): number {
  const tail = Math.max(1, epoch.tailSeq);
  const pending = new RangeSet([[tail, epoch.headSeq]]);
  for (const [first, last] of done.ranges) pending.remove(first, last);
  return pending.ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

function keyOf({ stream, epoch }: { stream: string; epoch: string }): string {
  return `${stream}/${epoch}`;
}
