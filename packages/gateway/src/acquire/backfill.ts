import {
  type Connection,
  type Context,
  describeError,
  type HistorySpan,
  type PointId,
  Refused,
  type Sample,
  Unreachable,
} from "@headgate/model";
import type { PointConfig } from "../config/config.ts";
import { type Conditioner, createConditioner } from "./condition.ts";
import type { GapBook, GapBookState, PointGap } from "./gap-book.ts";

/** Points asked for together. */
const POINTS_PER_ROUND = 100;
/** A server may write its history a little after it has told of a value. */
const SETTLE_MS = 2_000;
const LOOK_MS = 1_000;
/** How often a restart may find less than was known. */
const SAVE_MS = 5_000;
const SAVE_QUIET_MS = 300_000;
/** Pause after a page, at most: as long as the page took, so that live goes first. */
const PAUSE_MS_MAX = 1_000;
const RETRY_MS = 10_000;
/** A device that cannot tell now is asked again, more and more rarely, so often at most. */
const RETRY_MS_MAX = 600_000;
const REFUSALS_MAX = 24;

export interface BackfillParts {
  /** Those that have a history. */
  readonly points: readonly PointConfig[];
  readonly book: GapBook;
  /** Resolves once the samples are durable, marked as backfilled. */
  readonly keepHistory: (samples: readonly Sample[]) => Promise<void>;
  /** Keeps the state for a restart; never rejects. */
  readonly save: (state: GapBookState) => Promise<void>;
}

/** Fetches what was missed while a channel's line was lost; lives as long as the channel. */
export class Backfill {
  readonly #parts: BackfillParts;
  readonly #configs: ReadonlyMap<PointId, PointConfig>;
  /** Of points whose gap is being filled: another series of samples than the live one. */
  readonly #conditioners = new Map<PointId, Conditioner>();
  #savedChanges = 0;
  #savedAtMs = 0;
  /** In a row. */
  #refusalCount = 0;

  constructor(parts: BackfillParts) {
    this.#parts = parts;
    this.#configs = new Map(parts.points.map((config) => [config.point.id, config]));
  }

  /** Before anything is read: so that a crash cannot hide the gap that ends now. */
  async lineUp(): Promise<void> {
    this.#parts.book.lineUp();
    await this.#parts.save(this.#parts.book.state());
  }

  /**
   * Notes what came live. A value told again after a cut, with the time that it has had since
   * before, becomes one that was seen now: else the point would stay bad upstream.
   */
  heard(samples: Sample[], nowMs: number): Sample[] {
    return samples.map((sample) => {
      const isDated = sample.isDeviceTime && this.#configs.has(sample.pointId);
      if (!isDated || this.#parts.book.hear(sample.pointId, sample.timestampMs, nowMs))
        return sample;
      return { ...sample, timestampMs: nowMs, isDeviceTime: false };
    });
  }

  /** Fills gaps until `signal` aborts. Rejects with `Unreachable` if the line is lost. */
  async run(connection: Connection, context: Context): Promise<void> {
    const { clock, signal } = context;
    const { book } = this.#parts;
    try {
      while (!signal.aborted) {
        await clock.sleep(book.openCount > 0 ? SETTLE_MS : LOOK_MS, signal);
        for (let gaps = this.#next(signal); gaps.length > 0; gaps = this.#next(signal)) {
          await this.#fill(connection, gaps, context);
        }
        await this.#saveIfDue(context);
      }
    } finally {
      await this.#parts.save(book.state());
    }
  }

  #next(signal: AbortSignal): PointGap[] {
    return signal.aborted ? [] : this.#parts.book.next(POINTS_PER_ROUND);
  }

  async #fill(connection: Connection, gaps: readonly PointGap[], context: Context): Promise<void> {
    const { clock, log, signal } = context;
    const spans = gaps.map(({ pointId, ...span }) => ({ ...this.#pointOf(pointId), ...span }));
    let count = 0;
    let isTold = false;
    try {
      let startedMs = clock.monotonicMs();
      for await (const page of connection.history?.(spans, signal) ?? []) {
        isTold ||= page.length > 0;
        count += await this.#keep(page);
        await this.#saveIfDue(context);
        await clock.sleep(Math.min(PAUSE_MS_MAX, clock.monotonicMs() - startedMs), signal);
        startedMs = clock.monotonicMs();
        if (signal.aborted) return;
      }
    } catch (error) {
      if (error instanceof Unreachable) throw error;
      if (error instanceof Refused) {
        // Whoever tells more each time is not given up, however often it has to be asked.
        if (isTold) this.#refusalCount = 0;
        return await this.#refused(gaps, error, context);
      }
      log.warn("backfill waits: samples are not kept", { reason: describeError(error) });
      await clock.sleep(RETRY_MS, signal);
      return;
    }
    if (signal.aborted) return;
    this.#refusalCount = 0;
    this.#close(gaps);
    const fromMs = Math.min(...gaps.map((gap) => gap.fromMs));
    const toMs = Math.max(...gaps.map((gap) => gap.toMs));
    log.info("gap backfilled", { points: gaps.length, samples: count, fromMs, toMs });
  }

  /** What came until then is kept: only the rest of the gaps is asked for again. */
  async #refused(gaps: readonly PointGap[], fault: Refused, context: Context): Promise<void> {
    const { clock, log, signal } = context;
    const reason = fault.message;
    if (++this.#refusalCount >= REFUSALS_MAX) {
      log.error("gap given up: the device does not tell of it", { points: gaps.length, reason });
      this.#refusalCount = 0;
      this.#close(gaps);
      return;
    }
    const retryInMs = Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** (this.#refusalCount - 1));
    log.warn("backfill waits: the device cannot tell now", { reason, retryInMs });
    await clock.sleep(retryInMs, signal);
  }

  #close(gaps: readonly PointGap[]): void {
    for (const gap of gaps) {
      this.#parts.book.close(gap);
      this.#conditioners.delete(gap.pointId);
    }
  }

  #pointOf(pointId: PointId): Pick<HistorySpan, "point"> {
    const config = this.#configs.get(pointId);
    if (!config) throw new Error(`no point "${pointId}" has a history`);
    return { point: config.point };
  }

  async #keep(page: readonly Sample[]): Promise<number> {
    const kept = page.flatMap((raw) => {
      const conditioner = this.#conditionerOf(raw.pointId);
      const sample = conditioner.scale(raw);
      return conditioner.isWorthKeeping(sample, sample.timestampMs) ? [sample] : [];
    });
    await this.#parts.keepHistory(kept);
    for (const { pointId, timestampMs } of page) this.#parts.book.fill(pointId, timestampMs);
    return kept.length;
  }

  #conditionerOf(pointId: PointId): Conditioner {
    const known = this.#conditioners.get(pointId);
    if (known) return known;
    const config = this.#configs.get(pointId);
    if (!config) throw new Error(`the driver gave history of "${pointId}", which has none`);
    const conditioner = createConditioner(config.condition);
    this.#conditioners.set(pointId, conditioner);
    return conditioner;
  }

  async #saveIfDue({ clock }: Context): Promise<void> {
    const { book, save } = this.#parts;
    const sinceMs = clock.monotonicMs() - this.#savedAtMs;
    if (sinceMs < (book.changes === this.#savedChanges ? SAVE_QUIET_MS : SAVE_MS)) return;
    this.#savedChanges = book.changes;
    this.#savedAtMs = clock.monotonicMs();
    await save(book.state());
  }
}
