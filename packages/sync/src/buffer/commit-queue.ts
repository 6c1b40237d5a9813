import type { Gap, PointList, Seq, Stream } from "@headgate/model";
import type { ClockWatch } from "./clock-watch.ts";
import { withGap } from "./gap-list.ts";
import type { Settled } from "./ledger.ts";
import type {
  BlockToStore,
  Commit,
  NewEpoch,
  Replacement,
  StoredCursor,
} from "./store-messages.ts";

/** Blocks in one transaction at most: bounds how long a commit takes after an outage. */
const BLOCKS_PER_COMMIT = 128;

/** Point lists kept for a database that begins anew. */
const POINT_LISTS_MAX = 16;

interface Waiter {
  epoch: string;
  seq: Seq;
  resolve(seq: Seq): void;
  reject(error: unknown): void;
}

interface WaitingReplacement {
  readonly replacement: Replacement;
  resolve(): void;
  reject(error: unknown): void;
}

/** What a block costs beyond its bytes: many small ones must not outgrow the bound. */
const BLOCK_BYTES = 1024;

/** What waits for the next transaction, in order. Bounded: then the oldest data is given up. */
export class CommitQueue {
  blocks: BlockToStore[] = [];
  epochs: NewEpoch[] = [];
  gaps: readonly Gap[] = [];
  readonly #bytesMax: number;
  readonly #clock: ClockWatch | undefined;
  #bytes = 0;
  #inFlight = 0;
  #gapsInFlight: readonly Gap[] = [];
  /** Of a commit that may be in the file: they stay as they are until that is known. */
  #gapsHeld: readonly Gap[] = [];
  #lists = new Map<string, PointList>();
  #storedLists = new Set<string>();
  readonly #everyList = new Map<string, PointList>();
  #replacements: WaitingReplacement[] = [];
  #waiters: Waiter[] = [];

  constructor(bytesMax: number, clock?: ClockWatch) {
    this.#bytesMax = bytesMax;
    this.#clock = clock;
  }

  get isEmpty(): boolean {
    const gapCount = this.gaps.length + this.#gapsHeld.length;
    return this.blocks.length + this.epochs.length + gapCount === 0 && !this.isUrgent;
  }

  /** Something a caller waits for that no interval should delay. */
  get isUrgent(): boolean {
    return this.epochs.length > 0 || this.#replacements.length > 0;
  }

  push(block: BlockToStore, list: PointList | null): void {
    this.blocks.push(this.#stamped(block));
    this.#bytes += costOf(block);
    if (!list) return;
    this.#remember(list);
    if (!this.#storedLists.has(list.hash)) this.#lists.set(list.hash, list);
  }

  /** The lists used last; those of blocks that wait are never forgotten. */
  #remember(list: PointList): void {
    this.#everyList.delete(list.hash);
    this.#everyList.set(list.hash, list);
    if (this.#everyList.size <= POINT_LISTS_MAX) return;
    const isNeeded = (hash: string) => this.blocks.some((block) => block.schemaHash === hash);
    const oldest = [...this.#everyList.keys()].find((hash) => !isNeeded(hash));
    if (oldest !== undefined) this.#everyList.delete(oldest);
  }

  /** Says by which clock the block was dated, unless that was said when it was made. */
  #stamped(block: BlockToStore): BlockToStore {
    const hasSamples = block.sampleCount > 0;
    const clock = block.clock ?? this.#clock?.stamp({ isDeviceTime: false, hasSamples });
    return clock ? { ...block, clock } : block;
  }

  /** Gives up the oldest data beyond the bound; returns how many samples that cost. */
  shed(): number {
    let lost = 0;
    while (this.#bytes > this.#bytesMax) {
      const index = this.#losable();
      const block = this.blocks[index];
      if (!block || index === this.blocks.length - 1) break;
      this.blocks.splice(index, 1);
      this.#bytes -= costOf(block);
      this.lose(block);
      this.#giveUp(block);
      lost += block.sampleCount;
    }
    return lost;
  }

  /** Index of the oldest data; events only where there is nothing else. */
  #losable(): number {
    const isLosable = (block: BlockToStore, index: number) =>
      index >= this.#inFlight && block.kind === "data";
    const index = this.blocks.findIndex(
      (block, at) => isLosable(block, at) && block.stream === "main",
    );
    return index >= 0 ? index : this.blocks.findIndex(isLosable);
  }

  /** Who waited for a block that is given up need not wait for room on the disk. */
  #giveUp({ epoch, seq }: BlockToStore): void {
    const isOfBlock = (waiter: Waiter) => waiter.epoch === epoch && waiter.seq === seq;
    const given = this.#waiters.filter(isOfBlock);
    if (given.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !isOfBlock(waiter));
    const error = new Error("given up: the disk takes nothing, and memory holds no more");
    for (const { reject } of given) reject(error);
  }

  /** Records that a numbered block never reached the disk. */
  lose(block: Omit<BlockToStore, "bytes" | "media" | "kind" | "schemaHash">): void {
    const { stream, epoch, seq, sampleCount, fromMs, toMs } = block;
    const span = { first: seq, last: seq, sampleCount, fromMs, toMs };
    this.gaps = withGap(this.gaps, { kind: "gap", stream, epoch, ...span, reason: "disk-full" });
  }

  replace(replacement: Replacement): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#replacements.push({ replacement, resolve, reject });
    });
  }

  /** Resolves once `seq` of `epoch` is durable, as a block or as a gap record. */
  durable(epoch: string, seq: Seq): Promise<Seq> {
    return new Promise((resolve, reject) => this.await({ epoch, seq, resolve, reject }));
  }

  await(waiter: Waiter): void {
    this.#waiters.push(waiter);
  }

  /** The next transaction. Follow with `done` or `failed`. */
  take(settled: Settled, cursors: readonly StoredCursor[], elapsedMs = 0): Commit {
    const blocks = this.blocks.slice(0, BLOCKS_PER_COMMIT);
    this.#inFlight = blocks.length;
    const left = this.blocks.slice(blocks.length);
    // A head must not pass a block that is still to be stored.
    const isAhead = (gap: Gap) =>
      left.some(({ epoch, seq }) => epoch === gap.epoch && seq < gap.last);
    const waiting = [...this.#gapsHeld, ...this.gaps];
    const gaps = waiting.filter((gap) => !isAhead(gap));
    this.#gapsInFlight = gaps;
    this.#gapsHeld = [];
    this.gaps = waiting.filter(isAhead);
    const clockBook = this.#clock?.toStore() ?? null;
    return {
      ...(clockBook === null ? {} : { clockBook }),
      epochs: [...this.epochs],
      pointLists: [...this.#lists.values()],
      blocks,
      gaps,
      replacements: this.#replacements.map(({ replacement }) => replacement),
      cursors,
      trims: settled.trims,
      settledGaps: settled.gaps,
      emptyEpochs: settled.emptyEpochs,
      elapsedMs,
    };
  }

  /** Whether all of an earlier transaction still waits, in front. */
  beginsWith({ blocks, gaps }: Commit): boolean {
    const isWaiting = (gap: Gap) => this.#gapsHeld.includes(gap);
    return blocks.every((block, at) => this.blocks[at] === block) && gaps.every(isWaiting);
  }

  /** What `take` gave last, or earlier if what waits begins with it. */
  done(commit: Commit): void {
    this.#inFlight = 0;
    this.#gapsHeld = this.#gapsHeld.filter((gap) => !commit.gaps.includes(gap));
    this.blocks.splice(0, commit.blocks.length);
    for (const block of commit.blocks) this.#bytes -= costOf(block);
    this.epochs.splice(0, commit.epochs.length);
    for (const { hash } of commit.pointLists) {
      this.#storedLists.add(hash);
      this.#lists.delete(hash);
    }
    this.#gapsInFlight = [];
    for (const { resolve } of this.#replacements.splice(0, commit.replacements.length)) resolve();
  }

  /** All waits again. Of `unsure`, which may be in the file, nothing is given up or changed. */
  failed(unsure?: Commit | null): void {
    this.#clock?.notStored();
    this.#inFlight = unsure?.blocks.length ?? 0;
    const back = [...this.#gapsHeld, ...this.#gapsInFlight];
    this.#gapsHeld = back.filter((gap) => unsure?.gaps.includes(gap));
    for (const gap of back) {
      if (!this.#gapsHeld.includes(gap)) this.gaps = withGap(this.gaps, gap);
    }
    this.#gapsInFlight = [];
  }

  /** Resolves who waited for a number up to the head of its epoch. */
  published(headOf: (epoch: string) => Seq): void {
    const ready = this.#waiters.filter(({ epoch, seq }) => seq <= headOf(epoch));
    if (ready.length === 0) return;
    this.#waiters = this.#waiters.filter(({ epoch, seq }) => seq > headOf(epoch));
    for (const { seq, resolve } of ready) resolve(seq);
  }

  rejectAll(error: unknown): void {
    for (const { reject } of [...this.#waiters, ...this.#replacements]) reject(error);
    this.#waiters = [];
    this.#replacements = [];
  }

  /** Takes out the blocks of `stream` that wait: they are to be numbered anew. */
  takeBlocks(stream: Stream): BlockToStore[] {
    const taken = this.blocks.filter((block) => block.stream === stream);
    this.blocks = this.blocks.filter((block) => block.stream !== stream);
    for (const block of taken) this.#bytes -= costOf(block);
    return taken;
  }

  /** Takes out the gaps of `stream` that wait, likewise. */
  takeGaps(stream: Stream): Gap[] {
    const isOther = (gap: Gap) => gap.stream !== stream;
    const taken = [...this.#gapsHeld, ...this.gaps].filter((gap) => !isOther(gap));
    this.#gapsHeld = this.#gapsHeld.filter(isOther);
    this.gaps = this.gaps.filter(isOther);
    return taken;
  }

  /** The database was opened anew: it is told all point lists again. */
  forgetLists(): void {
    this.#clock?.notStored();
    for (const list of this.#everyList.values()) this.#lists.set(list.hash, list);
    this.#storedLists.clear();
  }

  /** Who waited for a number of a block or gap waits for its new one. */
  moveWaiters(
    from: { readonly epoch: string; readonly first: Seq; readonly last: Seq },
    to: { readonly epoch: string; readonly seq: Seq },
  ): void {
    for (const waiter of this.#waiters) {
      const { epoch, seq } = waiter;
      if (epoch === from.epoch && seq >= from.first && seq <= from.last) Object.assign(waiter, to);
    }
  }
}

function costOf({ bytes }: BlockToStore): number {
  return bytes.length + BLOCK_BYTES;
}
