import {
  type Context,
  describeError,
  type PointList,
  type Seq,
  type Stream,
} from "@headgate/model";
import { encodeEpochBody } from "../block/epoch-body.ts";
import type { ClockWatch } from "./clock-watch.ts";
import { CommitQueue } from "./commit-queue.ts";
import { newEpochId } from "./epoch-id.ts";
import { logCommitted } from "./log-committed.ts";
import type { BufferOptions } from "./options.ts";
import { isDiskFull, isRolledBack } from "./store-fault.ts";
import type { StoreLink } from "./store-link.ts";
import type { BlockToStore, Commit, Committed, NewEpoch, Replacement } from "./store-messages.ts";
import { storedAfterAll, type Unsure } from "./stored-after-all.ts";

/** Soon after the start, so that the first values are seen early. */
const FIRST_COMMIT_MS = 50;
const ACKNOWLEDGED_AFTER_MS = 1000;
const RETRY_MS = 1000;
const IDLE_MS = 60_000;
/** As many full blocks are not kept waiting for the interval. */
const BLOCKS_WAITING_MAX = 16;
const WAITING_BYTES_MAX = 16 * 1024 * 1024;

/** A block without its place in the log. */
type Unnumbered = Omit<BlockToStore, "epoch" | "seq">;

interface CommitLoopParts {
  readonly link: StoreLink;
  readonly options: BufferOptions;
  readonly context: Context;
  readonly clock: ClockWatch;
  /** Closes the block being filled. */
  seal(): void;
}

/** Numbers blocks and commits them, all that waits at once, until it is stopped. */
export class CommitLoop {
  committedCount = 0;
  droppedCount = 0;
  onEncoded: (sampleCount: number, bodyBytes: number) => void = () => {};
  readonly #parts: CommitLoopParts;
  readonly #queue: CommitQueue;
  readonly #next = new Map<Stream, { epoch: string; seq: Seq }>();
  #intervalMs = FIRST_COMMIT_MS;
  #waitingSinceMs: number | null = null;
  #acknowledgedAtMs: number | null = null;
  #committedAtMs: number | null = null;
  #wake = new AbortController();
  #isStopping = false;
  #broken: unknown = null;
  #unsure: Unsure | null = null;
  #running: Promise<void> = Promise.resolve();
  #trouble: { readonly text: string; readonly sinceMs: number } | null = null;

  constructor(parts: CommitLoopParts) {
    this.#parts = parts;
    this.#queue = new CommitQueue(WAITING_BYTES_MAX, parts.clock);
    this.#intervalMs = Math.min(FIRST_COMMIT_MS, parts.options.commitIntervalMs);
    this.#adoptEpochs();
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Commits what waits, as far as the disk lets it, and ends. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#wake.abort();
    await this.#running;
    this.#queue.rejectAll(new Error("the buffer was closed before this could be stored"));
  }

  /** The clock of the next commit starts with the first sample that waits. */
  noteWaiting(): void {
    if (this.#waitingSinceMs !== null) return;
    this.#waitingSinceMs = this.#parts.context.clock.monotonicMs();
    this.#wake.abort();
  }

  noteAcknowledged(): void {
    if (this.#acknowledgedAtMs !== null) return;
    this.#acknowledgedAtMs = this.#parts.context.clock.monotonicMs();
    this.#wake.abort();
  }

  /** Gives the block the next number of its stream and lets it wait. */
  push(block: Unnumbered, list: PointList | null): Seq {
    const next = this.#nextOf(block.stream);
    const seq = next.seq++;
    this.#queue.push({ ...block, epoch: next.epoch, seq }, list);
    this.droppedCount += this.#queue.shed();
    this.noteWaiting();
    if (this.#queue.blocks.length >= BLOCKS_WAITING_MAX) this.#wake.abort();
    return seq;
  }

  /** Gives a number to something that could not be written: it becomes a gap at once. */
  pushLost(block: Omit<Unnumbered, "bytes" | "media" | "kind" | "schemaHash">): Seq {
    const next = this.#nextOf(block.stream);
    const seq = next.seq++;
    this.#queue.lose({ ...block, epoch: next.epoch, seq });
    this.droppedCount += block.sampleCount;
    this.noteWaiting();
    return seq;
  }

  /** Turns to a new epoch; returns where the one before it ended. */
  beginEpoch(begun: NewEpoch): { prevEpoch: string; prevNext: Seq } {
    const previous = this.#next.get(begun.stream);
    this.#next.set(begun.stream, { epoch: begun.epoch, seq: 1 });
    this.#queue.epochs.push(begun);
    this.#wake.abort();
    return { prevEpoch: previous?.epoch ?? "", prevNext: previous?.seq ?? 0 };
  }

  replace(replacement: Replacement): Promise<void> {
    const replaced = this.#queue.replace(replacement);
    this.#wake.abort();
    return replaced;
  }

  /** A read failed: the file is checked and opened anew before the next commit. */
  noteBroken(error: unknown): void {
    this.#broken ??= error;
    this.#wake.abort();
  }

  durable(epoch: string, seq: Seq): Promise<Seq> {
    return this.#queue.durable(epoch, seq);
  }

  /** Settles a caller once a block is durable. */
  await(waiter: {
    epoch: string;
    seq: Seq;
    resolve(seq: Seq): void;
    reject(error: unknown): void;
  }): void {
    this.#queue.await({ ...waiter });
  }

  hasEpoch(stream: Stream): boolean {
    return this.#next.has(stream);
  }

  epochOf(stream: Stream): string {
    return this.#nextOf(stream).epoch;
  }

  problems(): string[] {
    if (!this.#trouble) return [];
    const { text, sinceMs } = this.#trouble;
    return [`${text} since ${new Date(sinceMs).toISOString()}; samples wait in memory`];
  }

  #nextOf(stream: Stream): { epoch: string; seq: Seq } {
    const next = this.#next.get(stream);
    if (!next) throw new Error(`stream ${stream} has no epoch yet`);
    return next;
  }

  #adoptEpochs(): void {
    const { epochs } = this.#parts.link.ledger;
    // Of a copied file all are over: then the new epoch says that it follows the newest, the last.
    for (const isCurrent of [false, true]) {
      for (const { stream, epoch, headSeq, isCurrent: is } of epochs) {
        if (is === isCurrent) this.#next.set(stream, { epoch, seq: headSeq + 1 });
      }
    }
  }

  async #run(): Promise<void> {
    const { clock } = this.#parts.context;
    for (;;) {
      const dueMs = this.#dueInMs();
      if (dueMs > 0) {
        this.#wake = new AbortController();
        await clock.sleep(dueMs, this.#wake.signal);
        continue;
      }
      if (this.#broken) await this.#recover(this.#broken, null);
      const isDone = !this.#broken && (await this.#commit());
      if (this.#isStopping && (!isDone || this.#isIdle())) return;
      if (!isDone) await clock.sleep(RETRY_MS, this.#retrySignal());
    }
  }

  #retrySignal(): AbortSignal {
    this.#wake = new AbortController();
    return this.#wake.signal;
  }

  #isIdle(): boolean {
    return this.#queue.isEmpty && this.#waitingSinceMs === null;
  }

  #dueInMs(): number {
    if (this.#isStopping || this.#queue.isUrgent || this.#broken) return 0;
    if (this.#queue.blocks.length >= BLOCKS_WAITING_MAX) return 0;
    const nowMs = this.#parts.context.clock.monotonicMs();
    const waiting = (this.#waitingSinceMs ?? nowMs + IDLE_MS) + this.#intervalMs;
    const acknowledged = (this.#acknowledgedAtMs ?? nowMs + IDLE_MS) + ACKNOWLEDGED_AFTER_MS;
    return Math.min(waiting, acknowledged) - nowMs;
  }

  /** One transaction; false if it failed and everything still waits. */
  async #commit(): Promise<boolean> {
    const { link, options, context, seal } = this.#parts;
    seal();
    const nowMs = context.clock.monotonicMs();
    const commit = this.#queue.take(
      link.ledger.settled(),
      link.ledger.takeChangedCursors(),
      nowMs - (this.#committedAtMs ?? nowMs),
    );
    const isAll = commit.blocks.length === this.#queue.blocks.length;
    if (isAll) this.#waitingSinceMs = null;
    this.#acknowledgedAtMs = null;
    try {
      const committed = await link.call("commit", commit);
      this.#committedAtMs = nowMs;
      this.#unsure = null;
      const hasData = commit.blocks.some((block) => block.kind === "data");
      if (hasData) this.#intervalMs = options.commitIntervalMs;
      this.#publish(commit, committed);
      return true;
    } catch (error) {
      return await this.#failed(commit, error);
    }
  }

  /** Puts all back that waits; true if a commit is on the disk after all. */
  async #failed(commit: Commit, error: unknown): Promise<boolean> {
    this.#waitingSinceMs ??= this.#parts.context.clock.monotonicMs();
    this.#parts.link.ledger.putBackCursors(commit.cursors);
    return this.#recover(error, commit);
  }

  /** Opens the file anew; true if a commit proved to be in it. */
  async #recover(error: unknown, commit: Commit | null): Promise<boolean> {
    // Only the first can be in the file: after it nothing got there until it is opened anew.
    const unsure = this.#unsure ?? { commit, before: this.#parts.link.ledger.heads() };
    const isReopened = await this.#mend(error);
    if (isReopened || !isRolledBack(error)) this.#unsure = isReopened ? null : unsure;
    const stored = isReopened ? await this.#storedOf(unsure) : null;
    this.#queue.failed((stored ? unsure : this.#unsure)?.commit);
    if (this.#unsure) return false;
    if (stored && unsure.commit && this.#queue.beginsWith(unsure.commit)) {
      this.#queue.forgetLists();
      this.#publish(unsure.commit, stored);
      return true;
    }
    if (isReopened) this.#goOnAfter(unsure.before);
    return false;
  }

  /** What the file holds of the commit; if it cannot be read either, it is opened once more. */
  async #storedOf(unsure: Unsure): Promise<Committed | null> {
    try {
      return await storedAfterAll(unsure, this.#parts.link);
    } catch (error) {
      this.#unsure = unsure;
      this.noteBroken(error);
      return null;
    }
  }

  #publish(commit: Commit, committed: Committed): void {
    const { link, context } = this.#parts;
    this.#queue.done(commit);
    link.apply(commit, committed);
    this.droppedCount += committed.samplesDropped;
    for (const [index, block] of commit.blocks.entries()) {
      if (block.kind !== "data") continue;
      this.committedCount += block.sampleCount;
      this.onEncoded(block.sampleCount, committed.encoded[index]?.body.length ?? 0);
    }
    logCommitted(commit, context.log);
    if (this.#trouble) context.log.info("buffer stores again", { problem: this.#trouble.text });
    this.#trouble = null;
    const heads = link.ledger.heads();
    this.#queue.published((epoch) => heads.get(epoch) ?? 0);
  }

  /**
   * Full: wait for room. Anything else: the handle is not to be trusted; true when it was opened
   * anew.
   */
  async #mend(error: unknown): Promise<boolean> {
    this.#broken = null;
    const { link, context } = this.#parts;
    const isFull = isDiskFull(error);
    if (!this.#trouble) {
      const text = isFull ? "disk full" : `buffer cannot store: ${describeError(error)}`;
      this.#trouble = { text, sinceMs: context.clock.nowMs() };
      context.log.error(`${text}; samples wait in memory`, { error });
    }
    if (isRolledBack(error) || this.#isStopping) return false;
    try {
      await link.reopen();
      return true;
    } catch (cause) {
      context.log.error("buffer cannot be opened again; next try follows", { error: cause });
      return false;
    }
  }

  /** Numbers go on only where the file ends as it did; else a new epoch takes what waits. */
  #goOnAfter(before: ReadonlyMap<string, Seq>): void {
    this.#queue.forgetLists();
    for (const [stream, next] of this.#next) {
      const found = this.#parts.link.ledger.current(stream);
      if (found?.epoch === next.epoch && found.headSeq === before.get(next.epoch)) continue;
      this.#moveTo(stream, found?.epoch === next.epoch ? "stored tail diverged" : "file set aside");
    }
  }

  /** A new epoch for a stream whose stored tail is not the one that was published. */
  #moveTo(stream: Stream, reason: string): void {
    const { options, context } = this.#parts;
    const startedMs = context.clock.nowMs();
    const epoch = (options.epochId ?? newEpochId)(startedMs);
    const waiting = this.#queue.takeBlocks(stream);
    const previous = this.beginEpoch({ stream, epoch });
    const bytes = encodeEpochBody({ ...previous, reason, startedMs });
    const times = { fromMs: startedMs, toMs: startedMs, sampleCount: 0, schemaHash: "" };
    this.push({ kind: "epoch", stream, ...times, bytes, media: null }, null);
    for (const gap of this.#queue.takeGaps(stream)) {
      // Counted when it was lost: it only needs a number that this file knows.
      const next = this.#nextOf(stream);
      this.#queue.lose({ ...gap, epoch, seq: next.seq });
      this.#queue.moveWaiters(gap, { epoch, seq: next.seq++ });
    }
    for (const block of waiting) {
      const seq = block.kind === "epoch" ? 1 : this.push(block, null);
      const { seq: old } = block;
      this.#queue.moveWaiters({ epoch: block.epoch, first: old, last: old }, { epoch, seq });
    }
    context.log.error("epoch started: the stored end is not the one that was published", {
      stream,
      epoch,
      reason,
    });
  }
}
