import type { Clock, Sample } from "@headgate/model";
import type { FileQuery, StoredRuns } from "./history-messages.ts";
import { type PendingRun, PendingRuns } from "./pending-runs.ts";
import type { RecordedSpan } from "./recorded-span.ts";
import { DAY_MS } from "./rollup.ts";
import { Quality } from "./sample-columns.ts";

/** Samples that wait in memory are written sooner beyond this. */
const PENDING_BYTES_MAX = 4 * 1024 * 1024;
const LATE_BYTES_MAX = 1024 * 1024;
/** What is dated further from now lies in rows of its own: those of now stay short. */
const NEAR_MS = 120_000;
/** What a device's clock says beyond is no history: it is not kept here. */
const PAST_MS_MAX = 400 * DAY_MS;
const FUTURE_MS_MAX = DAY_MS;
/** Between two looks, the clock may drift by so much and is not taken for set. */
const STEP_MS = 5_000;

/** Runs that were taken, and the points whose slots they have. */
export interface TakenParcel {
  readonly pointIds: readonly string[];
  readonly stored: StoredRuns;
}

/** Samples of some points on their way to the file. */
export class HistoryIntake {
  readonly #pointIds: readonly string[];
  readonly #clock: Clock;
  readonly #slots = new Map<string, number>();
  readonly #isText: Uint8Array;
  readonly #near: PendingRuns;
  /** Few gateways ever have any. */
  #late: PendingRuns | null = null;
  #expected = 0;
  #since: { readonly atMs: number; readonly monotonicMs: number };

  /** `previous`: the one that took in what came of other points until now, and was taken. */
  constructor(pointIds: readonly string[], clock: Clock, previous: HistoryIntake | null = null) {
    this.#pointIds = pointIds;
    this.#clock = clock;
    for (const [slot, id] of pointIds.entries()) this.#slots.set(id, slot);
    this.#isText = new Uint8Array(pointIds.length);
    this.#near = new PendingRuns(pointIds.length, PENDING_BYTES_MAX);
    const now = { atMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
    this.#since = previous ? previous.#since : now;
  }

  get isFull(): boolean {
    return this.#near.isFull || this.#late?.isFull === true;
  }

  get hasLate(): boolean {
    return (this.#late?.sampleCount ?? 0) > 0;
  }

  keep(samples: readonly Sample[]): void {
    const nowMs = this.#clock.nowMs();
    for (const { pointId, timestampMs, quality, value } of samples) {
      const slot = this.#slotOf(pointId);
      if (slot === undefined) continue;
      const laterMs = timestampMs - nowMs;
      if (!(timestampMs >= 0 && laterMs >= -PAST_MS_MAX && laterMs <= FUTURE_MS_MAX)) continue;
      const number = quality === "bad" ? Number.NaN : numberOf(value);
      if (number === null) this.#isText[slot] = 1;
      if (number === null || this.#isText[slot] === 1) continue;
      const runs = Math.abs(laterMs) <= NEAR_MS ? this.#near : this.#lateRuns();
      // What is no finite number tells as little as what could not be read.
      const kept = Number.isFinite(number) ? Quality[quality] : Quality.bad;
      runs.add(slot, timestampMs, [number, kept]);
    }
  }

  /** What came since the last time; nothing where nothing did. */
  take(): TakenParcel[] {
    const all = [this.#near, this.#late].filter((runs) => runs && runs.sampleCount > 0);
    if (all.length === 0) return [];
    const recorded = this.#recorded();
    this.#since = { atMs: recorded.toMs, monotonicMs: this.#clock.monotonicMs() };
    const pointIds = this.#pointIds;
    return all.flatMap((runs) =>
      runs ? [{ pointIds, stored: { runs: runs.take(), recorded } }] : [],
    );
  }

  /** What is not taken yet of a point. */
  pendingOf(pointId: string): Pick<FileQuery, "pending" | "recorded"> {
    const slot = this.#slots.get(pointId);
    const pending: PendingRun[] = [];
    if (slot !== undefined) {
      for (const runs of [this.#near, this.#late]) {
        if (runs) pending.push(runs.runOf(slot));
      }
    }
    return { pending, recorded: this.#recorded() };
  }

  /** By the clock as it is now: what it said before it was set does not count. */
  #recorded(): RecordedSpan {
    const toMs = this.#clock.nowMs();
    const { atMs, monotonicMs } = this.#since;
    const elapsedMs = this.#clock.monotonicMs() - monotonicMs;
    const isSet = Math.abs(toMs - atMs - elapsedMs) > STEP_MS;
    return { fromMs: isSet ? toMs - elapsedMs : atMs, toMs };
  }

  #lateRuns(): PendingRuns {
    this.#late ??= new PendingRuns(this.#pointIds.length, LATE_BYTES_MAX);
    return this.#late;
  }

  #slotOf(pointId: string): number | undefined {
    // Samples come in the order of the points mostly: then no look-up is needed.
    if (this.#pointIds[this.#expected] !== pointId) {
      const slot = this.#slots.get(pointId);
      if (slot === undefined) return undefined;
      this.#expected = slot;
    }
    return this.#expected++;
  }
}

/** Text has no trend. */
function numberOf(value: Sample["value"]): number | null {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "bigint" ? Number(value) : null;
}
