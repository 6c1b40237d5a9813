import type { Handover, HandoverLimits } from "./sink.ts";

/** A handover and its place in the queue. */
export interface Queued extends Handover {
  readonly position: number;
}

/** When something happened, and what. */
export interface Remark {
  readonly reason: string;
  readonly nowMs: number;
}

/**
 * What waits to be handed on, by sink. Entries are queued in the transaction that stores them, and
 * only for sinks that are registered. A queue holds references: the record keeps the samples, so
 * that a sink that is away for long costs little. A full queue loses its oldest references, never
 * the record: how many is told in its status, and it can be refilled from the record.
 */
export interface SinkOutbox {
  /** Every sink that it queues for. */
  known(): Promise<readonly string[]>;
  /** Queues for this sink what is committed from now on; one that is known keeps its queue. */
  register(sink: string): Promise<void>;
  /** The oldest that wait, in the order of their commits, without those set aside. */
  next(sink: string, limits: HandoverLimits): Promise<readonly Queued[]>;
  /** They are at the far side. Durable when it resolves. */
  done(sink: string, positions: readonly number[], nowMs: number): Promise<void>;
  /** Keeps one out of the way until a person retries it. Resolves with how many are aside now. */
  setAside(sink: string, position: number, remark: Remark): Promise<number>;
  /** For the status: why the sink takes nothing. */
  noteFault(sink: string, remark: Remark): Promise<void>;
  /** How every sink stands that it queues for. */
  standing(): Promise<readonly SinkStanding[]>;
  /** Resolves when something was queued since it resolved last, or `signal` aborts. */
  queued(sink: string, signal: AbortSignal): Promise<void>;
}

/** How one sink stands. */
export interface SinkStanding {
  readonly sink: string;
  readonly waitingCount: number;
  /** When the record took the oldest that waits, UTC; null if none waits. */
  readonly oldestMs: number | null;
  readonly handedCount: number;
  readonly lastHandedMs: number | null;
  readonly asideCount: number;
  /** References that a full queue lost: to be refilled from the record. */
  readonly lostCount: number;
  /** The last fault; null if it took something since. */
  readonly fault: Remark | null;
}
