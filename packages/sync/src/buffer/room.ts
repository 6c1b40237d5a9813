import type { GapReason, Seq, Stream, StreamFill } from "@headgate/model";
import { covers, type Span, spansOf } from "../ranges.ts";
import type { AckedTable } from "./acked-table.ts";
import type { BlockThinning } from "./block-thinning.ts";
import type { EpochTable } from "./epoch-table.ts";
import { EVERY_NUMBER, usedBytesOf } from "./schema.ts";
import type { Sqlite } from "./sqlite.ts";
import type { StoreQuotas } from "./store-messages.ts";
import type { StoredItem } from "./stored-item.ts";
import type { StreamLog } from "./stream-log.ts";

/** Rows looked at at a time. */
const ROWS = 64;
/** Of what is too old, given up in one commit at most. */
const EXPIRED_ROWS_MAX = 512;

/** Blocks are thinned ahead of need from this part of the quota on. */
const THIN_FROM = 0.9;
const THINNING_STEPS_MAX = 8;

/** How much one stream may keep. */
export interface Quota {
  readonly bytesMax: number;
  /** Of that, what every uplink has already. */
  readonly ackedBytesMax: number;
  /** What it takes now. */
  usedBytes(): number;
}

export interface RoomParts {
  readonly log: StreamLog;
  readonly acked: AckedTable;
  readonly epochs: EpochTable;
  readonly quota: Quota;
  /** Records the loss of an item. */
  lose(item: StoredItem, reason: GapReason): void;
  /** Thins old blocks instead of dropping them, where the stream may be thinned. */
  readonly thinning: BlockThinning | null;
  /** Told the names of pictures that no block refers to any more. */
  mediaRemoved(names: readonly string[]): void;
}

/** How much a stream may keep, and how to tell what it takes. */
export function quotaOf(
  stream: Stream,
  limits: StoreQuotas,
  { db, logs }: { readonly db: Sqlite; readonly logs: Readonly<Record<Stream, StreamLog>> },
): Quota {
  const bytesMax = {
    events: limits.eventsCapacityBytesMax,
    main: limits.capacityBytesMax,
    history: limits.historyCapacityBytesMax,
    media: limits.mediaCapacityBytesMax,
  };
  const { events, history, media } = logs;
  const usedBytes = {
    events: () => events.blocks.bytes,
    main: () => usedBytesOf(db) - events.blocks.bytes - history.blocks.bytes,
    history: () => history.blocks.bytes,
    media: () => media.blocks.bytes,
  };
  // Never so much that a person would take the stream for full.
  const ackedBytesMax = Math.min(limits.keepAckedBytesMax, bytesMax[stream] / 2);
  return { bytesMax: bytesMax[stream], ackedBytesMax, usedBytes: usedBytes[stream] };
}

/** Keeps one stream within its quota: what every uplink has goes first, then the oldest. */
export class Room {
  readonly #parts: RoomParts;

  constructor(parts: RoomParts) {
    this.#parts = parts;
  }

  get stream(): Stream {
    return this.#parts.log.stream;
  }

  /** What the stream takes of its quota. */
  get space(): Omit<StreamFill, "thinnedCount" | "goneCounts"> {
    const { stream, ackedBytes } = this;
    const { quota } = this.#parts;
    return { stream, usedBytes: quota.usedBytes(), capacityBytesMax: quota.bytesMax, ackedBytes };
  }

  /** Bytes of what every uplink has. */
  get ackedBytes(): number {
    return this.#ackedEpochs().reduce((sum, no) => sum + this.#parts.acked.get(no).bytes, 0);
  }

  /** Notes what every uplink has by now: kept for a while, or deleted at once. */
  settle(no: number, settled: readonly Span[]): void {
    const { log, acked, quota } = this.#parts;
    const bytesIn = (span: Span) => log.bytesIn(no, span);
    for (const span of acked.fresh(no, spansOf(settled), bytesIn)) {
      if (quota.ackedBytesMax === 0) this.#delete(no, span);
      else {
        // Minutes of which a part is acknowledged count once all of them are.
        const whole = log.within(no, span);
        const bytes = bytesIn(whole);
        if (bytes > 0) acked.keep(no, whole, bytes);
      }
    }
  }

  /** Gives up what no uplink took until it was too old: all of an epoch before `end`, by and by. */
  expire(no: number, end: Seq): void {
    const { log, acked } = this.#parts;
    for (const item of log.oldestIn(no, { first: 0, last: end - 1 }, EXPIRED_ROWS_MAX)) {
      const isAcked = covers(acked.get(item.no).spans, item.first, item.last);
      if (!isAcked) this.#drop(item, "expired");
      else this.#forgetSpan(item.no, item);
    }
  }

  /** Deletes until the quota holds. */
  make(): void {
    const { quota } = this.#parts;
    this.#forget(() => this.ackedBytes - quota.ackedBytesMax);
    this.#forget(() => quota.usedBytes() - quota.bytesMax);
    this.#thin();
    for (let over = this.#over(); over > 0; over = this.#over()) {
      const oldest = this.#oldest();
      if (oldest.length === 0) return;
      let freed = 0;
      for (const item of oldest) {
        if (freed >= over) break;
        this.#drop(item, "capacity");
        freed += item.bytes;
      }
    }
  }

  /** Ahead of the limit one step a commit; at it, as long as that helps. */
  #thin(): void {
    const { quota, thinning } = this.#parts;
    const unsent = quota.usedBytes() - this.ackedBytes;
    if (!thinning || unsent <= THIN_FROM * quota.bytesMax) return;
    for (let steps = 0; steps < THINNING_STEPS_MAX; steps++) {
      const isOver = this.#over() > 0;
      if (!thinning.step(isOver) || !isOver) return;
    }
  }

  /** Of the oldest epoch that has any: one that was put back is older than the current one. */
  #oldest(): StoredItem[] {
    const { log, epochs } = this.#parts;
    for (const { no } of epochs.oldestFirst(this.stream)) {
      const items = log.oldestIn(no, EVERY_NUMBER, ROWS);
      if (items.length > 0) return items;
    }
    return [];
  }

  #over(): number {
    const { quota } = this.#parts;
    return quota.usedBytes() - quota.bytesMax;
  }

  /** Deletes the oldest of what every uplink has until `excess` is gone, or all of it. */
  #forget(excess: () => number): void {
    const { log, acked } = this.#parts;
    for (const no of this.#ackedEpochs()) {
      for (const span of acked.get(no).spans) {
        for (let over = excess(); over > 0; over = excess()) {
          const items = log.oldestIn(no, span, ROWS);
          let freed = 0;
          let last = items.length < ROWS ? span.last : 0;
          for (const item of items) {
            if (freed >= over) {
              last = item.first - 1;
              break;
            }
            freed += item.bytes;
            last = Math.max(last, item.last);
          }
          this.#forgetSpan(no, { first: span.first, last });
          if (last >= span.last) break;
        }
        if (excess() <= 0) return;
      }
    }
  }

  #forgetSpan(no: number, { first, last }: Span): void {
    const { log, acked } = this.#parts;
    const span = { first, last };
    const bytes = log.bytesIn(no, span);
    this.#delete(no, span);
    acked.release(no, span, bytes);
  }

  #ackedEpochs(): number[] {
    const { acked, epochs } = this.#parts;
    const isOwn = (no: number) => epochs.byNo(no)?.stream === this.stream;
    return [...acked.epochs.keys()].filter(isOwn).sort((one, other) => one - other);
  }

  #drop(item: StoredItem, reason: GapReason): void {
    this.#parts.lose(item, reason);
    this.#delete(item.no, item);
  }

  #delete(no: number, span: Span): void {
    const { log, mediaRemoved } = this.#parts;
    mediaRemoved(log.remove(no, span));
  }
}
