import {
  type BlockRange,
  type Buffer,
  type Context,
  type Entry,
  extentOf,
  type Lane,
  type Notice,
  Refused,
  type Session,
} from "@headgate/model";
import { BacklogWindow } from "./backlog-window.ts";
import { Bell } from "./bell.ts";
import { DrainLedger } from "./drain-ledger.ts";
import { fitting } from "./fitting.ts";
import { type DrainOrder, type DrainStep, planDrain } from "./plan-drain.ts";
import { rangesOf } from "./ranges-of.ts";

const LANES: readonly Lane[] = ["l", "r", "b"];
const BATCH_BLOCKS_MAX = 2000;
/** What did not arrive goes again in small messages: brokers may drop large ones without a word. */
const REPAIR_BATCH_BYTES_MAX = 4096;
const ACK_TIMEOUT_MS = 30_000;
/** A batch is no more than this part of what may be under way: it delays live samples less. */
const WINDOW_BATCHES = 4;
/** Sent again at once when the far side speaks but has left them out. */
const OVERDUE_BATCHES_MAX = 64;
/** A silent far side gets one batch again after this many timeouts at the latest. */
const PROBE_DELAY_ROUNDS_MAX = 20;

/** What is drained, and where to. */
export interface DrainJob {
  readonly uplinkId: string;
  readonly buffer: Buffer;
  readonly session: Session;
  readonly order?: DrainOrder;
  /** Sent blocks that the far side has not acknowledged for this long are sent again. */
  readonly ackTimeoutMs?: number;
  /** Told whenever what this session sent is acknowledged, or held for us. */
  readonly onTaken?: () => void;
}

/**
 * Sends what the buffer holds and the far side lacks, live first. Resolves when the signal aborts;
 * rejects when the session is lost. `onHealthy` is called whenever the far side took something.
 */
export async function drain(job: DrainJob, context: Context, onHealthy: () => void): Promise<void> {
  const ending = new AbortController();
  const signal = AbortSignal.any([context.signal, ending.signal]);
  const run = new DrainRun(job, { ...context, signal }, onHealthy);
  try {
    await Promise.all([
      run.sendAll(),
      run.hearNotices(),
      run.watchBuffer(),
      run.repeatOverdue(),
      run.failed,
    ]);
  } catch (error) {
    if (!context.signal.aborted) throw error;
  } finally {
    ending.abort();
  }
}

class DrainRun {
  readonly #job: DrainJob;
  readonly #context: Context;
  readonly #onHealthy: () => void;
  readonly #ledger: DrainLedger;
  readonly #bell = new Bell();
  readonly #window = new BacklogWindow();
  readonly #ackTimeoutMs: number;
  /** Rejects when a send does; resolves when the signal aborts. */
  readonly failed: Promise<void>;
  #fail: (error: unknown) => void = () => {};
  #inFlight = { live: 0, other: 0, bytes: 0 };
  #toAcknowledge: BlockRange[] = [];
  #isAcknowledging = false;
  #heardAtMs: number;

  constructor(job: DrainJob, context: Context, onHealthy: () => void) {
    this.#job = job;
    this.#context = context;
    this.#onHealthy = onHealthy;
    this.#ledger = new DrainLedger(job.uplinkId, job.session.held ?? []);
    this.#ackTimeoutMs = job.ackTimeoutMs ?? ACK_TIMEOUT_MS;
    this.#heardAtMs = context.clock.monotonicMs();
    this.failed = new Promise((resolve, reject) => {
      this.#fail = reject;
      context.signal.addEventListener("abort", () => resolve(), { once: true });
      if (context.signal.aborted) resolve();
    });
  }

  /** Plans, reads and sends, one read at a time, many sends at once. */
  async sendAll(): Promise<void> {
    const { signal } = this.#context;
    while (!signal.aborted) {
      const held = this.#heldLanes();
      const step = this.#plan(new Set(held.keys()));
      if (step === null) await this.#rest(Math.min(...held.values()));
      else await this.#start(step);
    }
  }

  /** Lanes that may not send now, and for how long. */
  #heldLanes(): Map<Lane, number> {
    const { pace } = this.#job.session;
    const held = new Map<Lane, number>();
    for (const lane of LANES) {
      const waitMs = pace?.waitMs(lane) ?? 0;
      if (waitMs > 0) held.set(lane, waitMs);
    }
    return held;
  }

  /** Until the bell rings, or a lane may send again. */
  async #rest(waitMs: number): Promise<void> {
    const { clock, signal } = this.#context;
    if (!Number.isFinite(waitMs)) return await this.#bell.rung(signal);
    const woken = new AbortController();
    void clock.sleep(waitMs, AbortSignal.any([signal, woken.signal])).then(() => {
      if (!woken.signal.aborted) this.#bell.ring();
    });
    await this.#bell.rung(signal);
    woken.abort();
  }

  #plan(heldLanes: ReadonlySet<Lane>): DrainStep | null {
    const { buffer, session, order = "newest-first" } = this.#job;
    const bytesMax = Math.min(this.#windowBytes(), session.pace?.unconfirmedBytesMax ?? Infinity);
    this.#ledger.refresh(buffer.status());
    return planDrain({
      epochs: this.#ledger.epochs,
      repairs: this.#ledger.repairs,
      order,
      batchesMax: session.limits.batchesMax,
      liveInFlight: this.#inFlight.live,
      otherInFlight: this.#inFlight.other,
      isBacklogHeld: this.#ledger.unconfirmedBytes + this.#inFlight.bytes >= bytesMax,
      heldLanes,
    });
  }

  /** A broker that is all the far side there is says its word with each message. */
  #windowBytes(): number {
    if (this.#job.session.confirmation !== "sent") return Number.POSITIVE_INFINITY;
    return this.#window.bytesMax(this.#context.clock.monotonicMs());
  }

  async #start({ lane, range }: DrainStep): Promise<void> {
    const { buffer, session } = this.#job;
    const bytesMax = Math.min(
      lane === "r" ? REPAIR_BATCH_BYTES_MAX : Infinity,
      session.limits.batchBytesMax,
      session.pace?.batchBytesMax ?? Infinity,
      this.#windowBytes() / WINDOW_BATCHES,
    );
    const read = await buffer.read(range, { blocksMax: BATCH_BLOCKS_MAX, bytesMax });
    if (this.#context.signal.aborted) return;
    this.#ledger.refresh(buffer.status());
    const entries = fitting(this.#ledger.withExpired(range, read, lane === "r"), bytesMax);
    const newest = entries.at(-1);
    const last = newest ? Math.max(range.first, extentOf(newest).last) : range.last;
    if (lane === "r") this.#ledger.repaired({ ...range, last });
    if (lane !== "r" || newest) this.#ledger.take(range, entries);
    if (!newest) return;
    const kind = lane === "l" ? "live" : "other";
    const bytes = entries.reduce((sum, entry) => sum + bytesOf(entry), 0);
    this.#inFlight[kind]++;
    this.#inFlight.bytes += bytes;
    void this.#deliver(lane, entries)
      .catch((error) => this.#fail(error))
      .finally(() => {
        this.#inFlight[kind]--;
        this.#inFlight.bytes -= bytes;
        this.#bell.ring();
      });
  }

  async #deliver(lane: Lane, entries: readonly Entry[]): Promise<void> {
    try {
      await this.#job.session.send({ lane, entries }, this.#context.signal);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      await this.#refused(lane, entries, error);
      return;
    }
    this.#onHealthy();
    if (this.#job.session.confirmation === "taken") {
      await this.#acknowledge(rangesOf(entries));
      return;
    }
    if (this.#job.session.confirmation === "held") {
      this.#job.onTaken?.();
      return;
    }
    const sentAtMs = this.#context.clock.monotonicMs();
    const bytes = entries.reduce((sum, entry) => sum + bytesOf(entry), 0);
    const [range] = rangesOf(entries.slice(0, 1));
    const [latest] = rangesOf(entries.slice(-1));
    if (!range || !latest) return;
    const whole = { ...range, last: latest.last };
    const mergeBytesMax = this.#job.session.limits.batchBytesMax;
    const limits = { mergeMs: this.#ackTimeoutMs / 10, mergeBytesMax };
    this.#ledger.await({ range: whole, bytes, sentAtMs }, limits);
  }

  /** Narrows a refused batch down to the culprit, which is set aside and leaves a gap. */
  async #refused(lane: Lane, entries: readonly Entry[], why: Refused): Promise<void> {
    const [entry] = entries;
    if (entries.length > 1) {
      for (const single of entries) await this.#deliver(lane, [single]);
      return;
    }
    const [range] = rangesOf(entries);
    if (!entry || !range) return;
    const { log } = this.#context;
    if (entry.kind === "gap") {
      // Nothing can stand for a gap record. It stays in the buffer; the next session tries again.
      log.error("the far side refuses a gap record", { ...range, error: why });
      return;
    }
    const { buffer, uplinkId } = this.#job;
    if (await buffer.quarantine(range, why.message, uplinkId)) {
      log.error("block refused by the far side, set aside", { ...range, error: why });
      this.#ledger.release(range);
      return;
    }
    log.error("block refused by the far side, left to the other uplinks", { ...range, error: why });
    const { fromMs, toMs } = entry;
    // With a thinned entry its kept samples are gone, too.
    const keptCount = entry.kind === "thinned" ? entry.keptCount : 0;
    const counts = { sampleCount: entry.sampleCount + keptCount, fromMs, toMs };
    await this.#deliver(lane, [{ kind: "gap", ...range, ...counts, reason: "quarantined" }]);
  }

  /** Follows what the far side says. */
  async hearNotices(): Promise<void> {
    const { signal } = this.#context;
    for await (const notice of this.#job.session.notices(signal)) {
      await this.#hear(notice);
      this.#bell.ring();
    }
  }

  async #hear(notice: Notice): Promise<void> {
    const { buffer } = this.#job;
    const status = buffer.status();
    this.#ledger.refresh(status);
    if (notice.kind === "resend") {
      this.#ledger.askRepair(notice.range);
      return;
    }
    if (notice.kind === "diverged") {
      const { stream, epoch, reason } = notice;
      const isCurrent = status.epochs.some(
        (other) => other.isCurrent && other.stream === stream && other.epoch === epoch,
      );
      if (!isCurrent) return;
      this.#context.log.warn("the far side has other data under our numbers: new epoch", notice);
      await buffer.startEpoch(stream, reason);
      return;
    }
    this.#heardAtMs = this.#context.clock.monotonicMs();
    if (notice.kind === "received") {
      this.#window.confirmed(this.#ledger.settle(notice.ranges), this.#heardAtMs);
      return this.#onHealthy();
    }
    if (notice.kind === "missed") {
      this.#ledger.expect(notice.ranges, this.#heardAtMs);
      return;
    }
    const known = notice.ranges.flatMap((range) => this.#ledger.believed(range));
    await this.#acknowledge(known);
    this.#onHealthy();
  }

  /** Moves the cursor; what comes meanwhile goes with the next move. */
  async #acknowledge(ranges: readonly BlockRange[]): Promise<void> {
    this.#toAcknowledge.push(...ranges);
    if (this.#isAcknowledging) return;
    this.#isAcknowledging = true;
    try {
      while (this.#toAcknowledge.length > 0) {
        const batch = this.#toAcknowledge;
        this.#toAcknowledge = [];
        await this.#job.buffer.acknowledge(this.#job.uplinkId, batch);
      }
      // A word that was kept for us proves nothing of what is sent now.
      const answers = this.#job.session.answers?.() ?? [];
      if (answers.every(({ hasAnswered }) => hasAnswered)) this.#job.onTaken?.();
      this.#ledger.refresh(this.#job.buffer.status());
      this.#window.confirmed(this.#ledger.settle(), this.#context.clock.monotonicMs());
    } finally {
      this.#isAcknowledging = false;
    }
  }

  /** Rings whenever the buffer holds something new. */
  async watchBuffer(): Promise<void> {
    const { signal } = this.#context;
    let revision = 0;
    while (!signal.aborted) {
      revision = await this.#job.buffer.changed(revision, signal);
      this.#ledger.retryEmpty();
      this.#bell.ring();
    }
  }

  /** Sends again what was never acknowledged; to a silent far side less and less. */
  async repeatOverdue(): Promise<void> {
    if (this.#job.session.confirmation !== "sent") return;
    const { clock, signal } = this.#context;
    let nextProbeAtMs = 0;
    let probeDelayMs = this.#ackTimeoutMs;
    while (!signal.aborted) {
      await clock.sleep(this.#ackTimeoutMs / 4, signal);
      const nowMs = clock.monotonicMs();
      const isSilent = nowMs - this.#heardAtMs > 2 * this.#ackTimeoutMs;
      if (!isSilent) probeDelayMs = this.#ackTimeoutMs;
      if (isSilent && nowMs < nextProbeAtMs) continue;
      const countMax = isSilent ? 1 : OVERDUE_BATCHES_MAX;
      if (this.#ledger.repairOverdue(nowMs - this.#ackTimeoutMs, countMax) === 0) continue;
      this.#bell.ring();
      if (!isSilent) continue;
      nextProbeAtMs = nowMs + probeDelayMs;
      probeDelayMs = Math.min(2 * probeDelayMs, PROBE_DELAY_ROUNDS_MAX * this.#ackTimeoutMs);
    }
  }
}

function bytesOf(entry: Entry): number {
  return "body" in entry ? entry.body.byteLength : 0;
}
