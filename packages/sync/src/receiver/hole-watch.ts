import type { Stream } from "@headgate/model";
import { countOf, differenceOf, intersectionOf, type Span, type Spans } from "../ranges.ts";

const PAUSE_MS_MAX = 600_000;
/** Holes asked for at a time; the rest follows when these have closed. */
const REQUESTS_MAX = 8;

/** One epoch as it stands: what is covered, and the highest number known to exist. */
export interface Seen {
  readonly gatewayId: string;
  readonly stream: Stream;
  readonly epoch: string;
  readonly covered: Spans;
  readonly target: number;
}

interface Open {
  target: number;
  coveredCount: number;
  askAtMs: number;
  pauseMs: number;
}

/**
 * Decides which holes to ask for: those that nothing has been filling for `gapTimeoutMs`. A backlog
 * that is still coming is a hole too, but one that shrinks. Times are monotonic.
 */
export class HoleWatch {
  readonly #gapTimeoutMs: number;
  #firstPauseMs: number;
  readonly #open = new Map<string, Open>();

  constructor(gapTimeoutMs: number) {
    this.#gapTimeoutMs = gapTimeoutMs;
    this.#firstPauseMs = gapTimeoutMs;
  }

  /** Nothing was kept for us while we were away: holes are asked for sooner at first. */
  hurry(pauseMs: number): void {
    this.#firstPauseMs = Math.min(pauseMs, this.#gapTimeoutMs);
  }

  /** The holes of this epoch that are to be asked for now. */
  due({ gatewayId, stream, epoch, covered, target }: Seen, nowMs: number): Span[] {
    const key = `${gatewayId} ${stream} ${epoch}`;
    const holes = target === 0 ? [] : differenceOf([{ first: 1, last: target }], covered);
    if (holes.length === 0) {
      this.#open.delete(key);
      return [];
    }
    const open = this.#open.get(key) ?? this.#opened(key, nowMs);
    const coveredCount = countOf(intersectionOf(covered, [{ first: 1, last: open.target }]));
    if (coveredCount > open.coveredCount) {
      open.pauseMs = this.#gapTimeoutMs;
      open.askAtMs = nowMs + this.#gapTimeoutMs;
    }
    open.target = target;
    open.coveredCount = countOf(intersectionOf(covered, [{ first: 1, last: target }]));
    if (nowMs < open.askAtMs) return [];
    open.pauseMs = Math.min(2 * open.pauseMs, PAUSE_MS_MAX);
    open.askAtMs = nowMs + open.pauseMs;
    return holes.slice(0, REQUESTS_MAX);
  }

  #opened(key: string, nowMs: number): Open {
    const pauseMs = this.#firstPauseMs;
    const open = { target: 0, coveredCount: 0, askAtMs: nowMs + pauseMs, pauseMs };
    this.#open.set(key, open);
    return open;
  }
}
