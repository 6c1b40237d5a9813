import type { Exchange } from "@headgate/model";
import { DurationHistogram } from "./duration-histogram.ts";

/** More units than a line has. */
const UNITS_MAX = 256;
/** More names than a protocol has. */
const EXCEPTIONS_MAX = 16;

/** One unit's exchanges since the gateway started. */
export interface UnitCounters {
  readonly unit: number | string;
  readonly requestCount: number;
  readonly okCount: number;
  readonly timeoutCount: number;
  readonly checksumCount: number;
  /** Another unit's frames, or another request's, came in place of an answer. */
  readonly foreignCount: number;
  readonly malformedCount: number;
  /** How often, by the exception's name. */
  readonly exceptions: Readonly<Record<string, number>>;
  /** Of answers; null while there was none. */
  readonly roundTripMs: { readonly p50: number; readonly p95: number; readonly max: number } | null;
  /** The longest time without an answer, the one that lasts included. */
  readonly longestSilenceMs: number;
}

/** Counts what became of the exchanges on one line. */
export class LineMeter {
  readonly #units = new Map<number | string, UnitMeter>();
  strayCount = 0;

  /** `nowMs` is monotonic. */
  settled(exchange: Exchange, nowMs: number): void {
    let unit = this.#units.get(exchange.unit);
    if (!unit) {
      if (this.#units.size >= UNITS_MAX) return;
      unit = new UnitMeter(nowMs - exchange.durationMs);
      this.#units.set(exchange.unit, unit);
    }
    unit.settled(exchange, nowMs);
  }

  units(nowMs: number): UnitCounters[] {
    return [...this.#units].map(([unit, meter]) => ({ unit, ...meter.counters(nowMs) }));
  }
}

class UnitMeter {
  readonly #counts = { ok: 0, timeout: 0, checksum: 0, foreign: 0, malformed: 0, exception: 0 };
  readonly #exceptions = new Map<string, number>();
  readonly #roundTrips = new DurationHistogram();
  #lastAnswerMs: number;
  #longestSilenceMs = 0;

  constructor(nowMs: number) {
    this.#lastAnswerMs = nowMs;
  }

  settled({ outcome, exception, durationMs }: Exchange, nowMs: number): void {
    this.#counts[outcome]++;
    if (exception !== null) this.#countException(exception);
    if (outcome !== "ok" && outcome !== "exception") return;
    this.#roundTrips.add(durationMs);
    this.#longestSilenceMs = Math.max(this.#longestSilenceMs, nowMs - this.#lastAnswerMs);
    this.#lastAnswerMs = nowMs;
  }

  counters(nowMs: number): Omit<UnitCounters, "unit"> {
    const { ok, timeout, checksum, foreign, malformed, exception } = this.#counts;
    const silenceMs = Math.max(this.#longestSilenceMs, nowMs - this.#lastAnswerMs);
    return {
      requestCount: ok + timeout + checksum + foreign + malformed + exception,
      okCount: ok,
      timeoutCount: timeout,
      checksumCount: checksum,
      foreignCount: foreign,
      malformedCount: malformed,
      exceptions: Object.fromEntries(this.#exceptions),
      roundTripMs: summarize(this.#roundTrips),
      longestSilenceMs: Math.round(silenceMs),
    };
  }

  #countException(name: string): void {
    const count = this.#exceptions.get(name);
    if (count === undefined && this.#exceptions.size >= EXCEPTIONS_MAX) return;
    this.#exceptions.set(name, (count ?? 0) + 1);
  }
}

function summarize(trips: DurationHistogram): UnitCounters["roundTripMs"] {
  if (trips.count === 0) return null;
  const short = (ms: number) => Number(ms.toPrecision(3));
  return {
    p50: short(trips.quantileMs(0.5)),
    p95: short(trips.quantileMs(0.95)),
    max: short(trips.maxMs),
  };
}
