import {
  type BlockRange,
  type BufferStatus,
  type Entry,
  type EpochStatus,
  extentOf,
  type Gap,
  type Seq,
} from "@headgate/model";
import {
  countOf,
  covers,
  differenceOf,
  intersectionOf,
  type Span,
  type Spans,
  spansByEpoch,
  spansOf,
  unionOf,
} from "../ranges.ts";
import type { EpochView } from "./plan-drain.ts";

/** A backlog of this many blocks is sent as live: no split for the blink of a reconnect. */
const LIVE_BACKLOG_BLOCKS_MAX = 20;
/** Live blocks that pile up beyond this become backlog, so that the newest go first again. */
const LIVE_PENDING_BLOCKS_MAX = 600;
/** Requests to send again that are kept; a receiver asks anew for what was forgotten. */
const REPAIRS_MAX = 1000;

/** What was in it is not known any more. */
const EXPIRED = { sampleCount: 0, fromMs: 0, toMs: 0, reason: "expired" } as const;

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
  taken: Spans;
  /** Reads that found nothing; asked again when the buffer has changed. */
  empty: Spans;
}

/** What one session has sent, awaits and was asked for. No clock, no socket. */
export class DrainLedger {
  readonly #uplinkId: string;
  readonly #held: readonly BlockRange[];
  readonly #progress = new Map<string, Progress>();
  #views: EpochView[] = [];
  #repairs: BlockRange[] = [];
  #unconfirmed: Unconfirmed[] = [];
  #unconfirmedBytes = 0;
  #isOpening = true;

  /** `held`: what the far side took before, and need not be sent now. */
  constructor(uplinkId: string, held: readonly BlockRange[] = []) {
    this.#uplinkId = uplinkId;
    this.#held = held;
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
      const acked = spansOf(cursor.filter((range) => keyOf(range) === keyOf(epoch)).map(spanOf));
      const progress = this.#progressOf(epoch, acked);
      if (epoch.headSeq - progress.liveFrom >= LIVE_PENDING_BLOCKS_MAX) {
        this.#splitAnew(epoch, progress, acked);
      }
      const { liveFrom, taken } = progress;
      return { ...epoch, liveFrom, acked, taken };
    });
    this.#isOpening = false;
    this.#repairs = this.#repairs.flatMap((range) => this.#everGiven(range));
  }

  #progressOf(epoch: EpochStatus, acked: Spans): Progress {
    const key = keyOf(epoch);
    const known = this.#progress.get(key);
    if (known) return known;
    let liveFrom = this.#isOpening ? epoch.headSeq + 1 : 1;
    const taken = spansOf(this.#held.filter((range) => keyOf(range) === key).map(spanOf));
    const pending = countPending(epoch, unionOf(acked, taken));
    if (epoch.isCurrent && pending <= LIVE_BACKLOG_BLOCKS_MAX) liveFrom = 1;
    const progress = { liveFrom, taken, empty: [] };
    this.#progress.set(key, progress);
    return progress;
  }

  #splitAnew(epoch: EpochStatus, progress: Progress, acked: Spans): void {
    const done = unionOf(acked, progress.taken);
    const live = { headSeq: epoch.headSeq, tailSeq: Math.max(epoch.tailSeq, progress.liveFrom) };
    if (countPending(live, done) < LIVE_PENDING_BLOCKS_MAX) return;
    progress.liveFrom = epoch.headSeq - LIVE_BACKLOG_BLOCKS_MAX + 1;
  }

  /** Notes what a read for `range` gave: it is on its way now. */
  take(range: BlockRange, entries: readonly Entry[]): void {
    const progress = this.#progress.get(keyOf(range));
    if (!progress) return;
    if (entries.length === 0) {
      progress.empty = unionOf(progress.empty, [spanOf(range)]);
      progress.taken = unionOf(progress.taken, [spanOf(range)]);
    }
    progress.taken = unionOf(progress.taken, entries.map(extentOf).map(spanOf));
  }

  /** Gives back what was not sent after all. */
  release(range: BlockRange): void {
    const progress = this.#progress.get(keyOf(range));
    if (progress) progress.taken = differenceOf(progress.taken, [range]);
  }

  /** The buffer has changed: what could not be read before may be there now. */
  retryEmpty(): void {
    for (const progress of this.#progress.values()) {
      if (progress.empty.length === 0) continue;
      progress.taken = differenceOf(progress.taken, progress.empty);
      progress.empty = [];
    }
  }

  /** Puts what of a range is not in line yet in line to be sent again. */
  askRepair(range: BlockRange): void {
    if (this.#repairs.length < REPAIRS_MAX) this.#putInLine(range);
  }

  #putInLine(range: BlockRange): void {
    const inLine = spansOf(this.#repairs.filter((other) => keyOf(other) === keyOf(range)));
    for (const given of this.#everGiven(range)) {
      for (const span of differenceOf([given], inLine)) this.#repairs.push({ ...range, ...span });
    }
  }

  /** A range need not be sent again any more. */
  repaired(range: BlockRange): void {
    this.#repairs = this.#repairs.flatMap((other) => {
      if (keyOf(other) !== keyOf(range)) return [other];
      return differenceOf([other], [range]).map((span) => ({ ...other, ...span }));
    });
  }

  /**
   * What a read for `range` gave, and a gap record for each number in it that is gone without one:
   * deleted when all who counted then had it. `isAgain`: also of what this far side has had.
   */
  withExpired(range: BlockRange, read: readonly Entry[], isAgain: boolean): readonly Entry[] {
    const view = this.#views.find((other) => keyOf(other) === keyOf(range));
    if (!view) return read;
    const newest = read.at(-1);
    const reach = { first: range.first, last: newest ? extentOf(newest).last : range.last };
    const known = unionOf(isAgain ? [] : view.acked, read.map(extentOf).map(spanOf));
    const gone = differenceOf([reach], known).map((span): Gap => {
      const { stream, epoch } = range;
      return { kind: "gap", stream, epoch, ...span, ...EXPIRED };
    });
    if (gone.length === 0) return read;
    return [...read, ...gone].sort((one, other) => extentOf(one).first - extentOf(other).first);
  }

  /** The part of a range that this buffer ever gave a number to. */
  #everGiven(range: BlockRange): BlockRange[] {
    const view = this.#views.find((other) => keyOf(other) === keyOf(range));
    const first = Math.max(range.first, 1);
    const last = Math.min(range.last, view?.headSeq ?? 0);
    return first <= last ? [{ ...range, first, last }] : [];
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
    const own = this.#unconfirmed.filter((sent) => keyOf(sent.range) === keyOf(range));
    const sent = spansOf(own.map((unconfirmed) => unconfirmed.range));
    return intersectionOf(sent, [range]).map((span) => ({ ...range, ...span }));
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

  /**
   * Forgets what is acknowledged by now, or has been received by all that can be heard. Returns how
   * many bytes that were.
   */
  settle(received: readonly BlockRange[] = []): number {
    const before = this.#unconfirmedBytes;
    const doneOf = new Map(this.#views.map((view) => [keyOf(view), view.acked]));
    for (const [key, { spans }] of spansByEpoch(received)) {
      doneOf.set(key, unionOf(doneOf.get(key) ?? [], spans));
    }
    this.#unconfirmed = this.#unconfirmed.filter(({ range }) => {
      const done = doneOf.get(keyOf(range));
      return done !== undefined && !covers(done, range.first, range.last);
    });
    this.#unconfirmedBytes = this.#unconfirmed.reduce((sum, { bytes }) => sum + bytes, 0);
    return before - this.#unconfirmedBytes;
  }

  /** Waits for a word on what was sent before, as if it were sent now. */
  expect(ranges: readonly BlockRange[], nowMs: number): void {
    for (const range of ranges.flatMap((given) => this.clip(given))) {
      for (const missing of this.#unacked(range)) {
        this.#unconfirmed.push({ range: missing, bytes: 0, sentAtMs: nowMs });
      }
    }
  }

  /** Puts what was sent before `sentBeforeMs` in line again, `countMax` at most. */
  repairOverdue(sentBeforeMs: number, countMax: number): number {
    const isOverdue = ({ sentAtMs }: Unconfirmed) => sentAtMs <= sentBeforeMs;
    // What finds no room in line is not forgotten: it waits here.
    const room = Math.max(0, Math.min(countMax, REPAIRS_MAX - this.#repairs.length));
    const overdue = this.#unconfirmed.filter(isOverdue).slice(0, room);
    if (overdue.length === 0) return 0;
    const chosen = new Set(overdue);
    this.#unconfirmed = this.#unconfirmed.filter((sent) => !chosen.has(sent));
    for (const { range, bytes } of overdue) {
      this.#unconfirmedBytes -= bytes;
      for (const missing of this.#unacked(range)) this.#putInLine(missing);
    }
    return overdue.length;
  }

  #unacked(range: BlockRange): BlockRange[] {
    const view = this.#views.find((other) => keyOf(other) === keyOf(range));
    return differenceOf([range], view?.acked ?? []).map(({ first, last }) => {
      return { ...range, first, last };
    });
  }
}

function countPending(epoch: { tailSeq: Seq; headSeq: Seq }, done: Spans): number {
  const all = { first: Math.max(1, epoch.tailSeq), last: epoch.headSeq };
  return countOf(differenceOf([all], done));
}

function spanOf({ first, last }: Span): Span {
  return { first, last };
}

function keyOf({ stream, epoch }: { stream: string; epoch: string }): string {
  return `${stream}/${epoch}`;
}
