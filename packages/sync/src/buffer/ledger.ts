import type { BlockRange, EpochStatus, Gap, Seq, Stream } from "@headgate/model";
import {
  covers,
  differenceOf,
  intersectionOf,
  type Span,
  type Spans,
  spansByEpoch,
  unionOf,
} from "../ranges.ts";
import type { StoredCursor, StoredEpoch } from "./store-messages.ts";

interface EpochEntry {
  readonly stream: Stream;
  readonly epoch: string;
  firstSeq: Seq;
  headSeq: Seq;
  isCurrent: boolean;
  readonly isForked: boolean;
}

/** What there is to delete, because every uplink has it. */
export interface Settled {
  readonly trims: readonly BlockRange[];
  readonly gaps: readonly Gap[];
  readonly emptyEpochs: readonly string[];
}

/** The books of a buffer: epochs, gaps, cursors. Pure; both buffers keep theirs with it. */
export class Ledger {
  epochs: EpochEntry[] = [];
  gaps: readonly Gap[] = [];
  #uplinkIds: readonly string[];
  /** By uplink id, then by stream/epoch. */
  readonly #cursors = new Map<string, Map<string, CursorEntry>>();
  readonly #changedCursors = new Set<CursorEntry>();
  /** What an uplink's far side refused while another may take it; by uplink id and epoch. */
  readonly #refused = new Map<string, Spans>();
  #revision = 0;
  readonly #watchers = new Set<() => void>();

  constructor(uplinkIds: readonly string[]) {
    this.#uplinkIds = uplinkIds;
  }

  /** Whose cursors count. */
  keepFor(uplinkIds: readonly string[]): void {
    this.#uplinkIds = uplinkIds;
  }

  current(stream: Stream): EpochEntry | undefined {
    return this.epochs.find((entry) => entry.stream === stream && entry.isCurrent);
  }

  find(range: { readonly stream: Stream; readonly epoch: string }): EpochEntry | undefined {
    return this.epochs.find(
      ({ stream, epoch }) => stream === range.stream && epoch === range.epoch,
    );
  }

  /** The last durable number of each epoch. */
  heads(): Map<string, Seq> {
    return new Map(this.epochs.map(({ epoch, headSeq }) => [epoch, headSeq]));
  }

  /** Takes over what the database holds now, and wakes who waits for a change. */
  update(epochs: readonly StoredEpoch[], gaps: readonly Gap[] | null): void {
    const before = this.#heads();
    this.epochs = epochs.map(({ tailSeq, next, ...epoch }) => {
      return { ...epoch, firstSeq: tailSeq, headSeq: next - 1 };
    });
    const isChanged = before !== this.#heads() || (gaps !== null && gaps !== this.gaps);
    if (gaps) this.gaps = gaps;
    if (!isChanged) return;
    this.#revision++;
    for (const wake of [...this.#watchers]) wake();
  }

  /** Adds to a cursor; numbers that were never published are not believed. */
  acknowledge(uplinkId: string, ranges: readonly BlockRange[]): boolean {
    let isChanged = false;
    for (const { stream, epoch, spans } of spansByEpoch(ranges).values()) {
      const entry = this.find({ stream, epoch });
      if (!entry) continue;
      const known = intersectionOf(spans, [{ first: 1, last: entry.headSeq }]);
      const cursor = this.#cursorOf(uplinkId, stream, epoch);
      const isNew = known.some(({ first, last }) => !covers(cursor.spans, first, last));
      if (!isNew) continue;
      cursor.spans = unionOf(cursor.spans, known);
      this.#changedCursors.add(cursor);
      isChanged = true;
    }
    return isChanged;
  }

  /** Takes over stored cursors; what was acknowledged since they were stored stays known. */
  loadCursors(cursors: readonly StoredCursor[]): void {
    for (const { uplinkId, stream, epoch, spans } of cursors) {
      const cursor = this.#cursorOf(uplinkId, stream, epoch);
      cursor.spans = unionOf(cursor.spans, spans);
    }
  }

  /** Cursors changed since the last call, to be stored. */
  takeChangedCursors(): StoredCursor[] {
    const changed = [...this.#changedCursors].map((cursor) => ({ ...cursor }));
    this.#changedCursors.clear();
    return changed;
  }

  /** To be stored after all: the commit they were taken for failed. */
  putBackCursors(cursors: readonly StoredCursor[]): void {
    for (const { uplinkId, stream, epoch } of cursors) {
      this.#changedCursors.add(this.#cursorOf(uplinkId, stream, epoch));
    }
  }

  /** What all uplinks have acknowledged of an epoch. */
  settledSpans(epoch: { readonly stream: Stream; readonly epoch: string }): Spans {
    const [first, ...rest] = this.#uplinkIds.map((id) => this.#spansOf(id, epoch));
    if (!first) return [];
    return rest.reduce<Spans>((common, spans) => intersectionOf(common, spans), first);
  }

  /** One uplink's far side refuses these: whether another still lacks them, and has not refused. */
  isWantedByOthers({ stream, epoch, first, last }: BlockRange, uplinkId: string): boolean {
    const spansOf = (id: string) => {
      const acked = this.#spansOf(id, { stream, epoch });
      return { acked, refused: this.#refused.get(`${id}/${stream}/${epoch}`) ?? [] };
    };
    const own = spansOf(uplinkId);
    const refused = unionOf(differenceOf(own.refused, own.acked), [{ first, last }]);
    this.#refused.set(`${uplinkId}/${stream}/${epoch}`, refused);
    return this.#uplinkIds.some((id) => {
      if (id === uplinkId) return false;
      const other = spansOf(id);
      return !covers(unionOf(other.acked, other.refused), first, last);
    });
  }

  /** What may be deleted now. */
  settled(): Settled {
    const trims: BlockRange[] = [];
    const gaps: Gap[] = [];
    const emptyEpochs: string[] = [];
    for (const entry of this.epochs) {
      const { stream, epoch } = entry;
      const settled = this.settledSpans(entry);
      const kept = { first: entry.firstSeq, last: entry.headSeq };
      for (const span of intersectionOf(settled, [kept])) trims.push({ stream, epoch, ...span });
      const ofEpoch = this.gaps.filter((gap) => gap.epoch === epoch);
      const settledGaps = ofEpoch.filter(({ first, last }) => covers(settled, first, last));
      gaps.push(...settledGaps);
      const isEmpty = entry.headSeq === 0 || covers(settled, this.tailOf(entry), entry.headSeq);
      const isDone = isEmpty || this.tailOf(entry) > entry.headSeq;
      if (!entry.isCurrent && isDone && this.#uplinkIds.length > 0) emptyEpochs.push(epoch);
    }
    return { trims, gaps, emptyEpochs };
  }

  tailOf(entry: EpochEntry): Seq {
    let tail = entry.firstSeq;
    for (const gap of this.gaps) {
      if (gap.epoch === entry.epoch && gap.stream === entry.stream)
        tail = Math.min(tail, gap.first);
    }
    return tail;
  }

  /** Gaps that touch `range`, ascending. */
  gapsIn({ stream, epoch, first, last }: BlockRange): Gap[] {
    const isTouching = (gap: Gap) =>
      gap.stream === stream && gap.epoch === epoch && gap.first <= last && gap.last >= first;
    return this.gaps.filter(isTouching).sort((one, other) => one.first - other.first);
  }

  epochStatuses(): EpochStatus[] {
    return this.epochs.map((entry) => {
      const { stream, epoch, headSeq, isCurrent, isForked } = entry;
      const tailSeq = this.tailOf(entry);
      return { stream, epoch, tailSeq, headSeq, isCurrent, ...(isForked ? { isForked } : {}) };
    });
  }

  cursorStatuses(): Map<string, BlockRange[]> {
    const statuses = new Map<string, BlockRange[]>();
    for (const [uplinkId, cursors] of this.#cursors) {
      const ranges = [...cursors.values()].flatMap(({ stream, epoch, spans }) =>
        spans.map((span) => ({ stream, epoch, ...span })),
      );
      statuses.set(uplinkId, ranges);
    }
    return statuses;
  }

  /** Resolves with a revision above `revision`, or with the present one when `signal` aborts. */
  changed(revision: number, signal: AbortSignal): Promise<number> {
    if (this.#revision > revision || signal.aborted) return Promise.resolve(this.#revision);
    return new Promise((resolve) => {
      const wake = () => {
        this.#watchers.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve(this.#revision);
      };
      this.#watchers.add(wake);
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  /** Forgets the cursors of epochs that are gone. */
  forgetEpochs(epochs: readonly string[]): void {
    for (const cursors of this.#cursors.values()) {
      for (const [key, cursor] of cursors) {
        if (!epochs.includes(cursor.epoch) || this.find(cursor)) continue;
        cursors.delete(key);
        this.#changedCursors.delete(cursor);
        this.#refused.delete(`${cursor.uplinkId}/${key}`);
      }
    }
  }

  #heads(): string {
    return this.epochs.map(({ epoch, headSeq }) => `${epoch} ${headSeq}`).join();
  }

  #spansOf(uplinkId: string, { stream, epoch }: { stream: Stream; epoch: string }): Spans {
    return this.#cursors.get(uplinkId)?.get(`${stream}/${epoch}`)?.spans ?? [];
  }

  #cursorOf(uplinkId: string, stream: Stream, epoch: string): CursorEntry {
    const cursors = this.#cursors.get(uplinkId) ?? new Map<string, CursorEntry>();
    this.#cursors.set(uplinkId, cursors);
    const key = `${stream}/${epoch}`;
    const cursor = cursors.get(key) ?? { uplinkId, stream, epoch, spans: [] };
    cursors.set(key, cursor);
    return cursor;
  }
}

interface CursorEntry {
  readonly uplinkId: string;
  readonly stream: Stream;
  readonly epoch: string;
  spans: readonly Span[];
}
