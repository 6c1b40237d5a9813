import type { Stream } from "@headgate/model";
import type { PointListRecord } from "../protocol/point-list-record.ts";
import type { ReceivedEntry } from "../protocol/received-entry.ts";
import type { Spans } from "../ranges.ts";
import type { SinkOutbox } from "./sinks/sink-outbox.ts";

/** A block or a gap, and whose it is. */
export interface Arrival {
  readonly gatewayId: string;
  readonly entry: ReceivedEntry;
}

/** What became of an arrival. Only "refused" and "unlisted" leave its numbers uncovered. */
export type Verdict =
  /** New here: now it is kept for good. */
  | "stored"
  /** Here already, with the same contents. */
  | "duplicate"
  /** Here already with other contents; the first is kept, the second noted. */
  | "conflict"
  /** Damaged, not readable, or nothing that the store can hold; counted, and not kept. */
  | "refused"
  /** Its point list is not known here yet; nothing was kept. */
  | "unlisted";

/** What a store holds of one epoch of one stream of a gateway. */
export interface EpochStanding {
  readonly stream: Stream;
  readonly epoch: string;
  /** Stored blocks and recorded gaps together. */
  readonly covered: Spans;
  /** Hash of the highest number covered, if that is a stored block. */
  readonly lastHash?: string;
  /** Lowest number that came with two different contents. */
  readonly fork?: number;
}

/** Keeps each sample exactly once. One process at a time may write to a store. */
export interface Store {
  /** Names one life of the store: a new one has forgotten what the old one acknowledged. */
  readonly incarnation: string;
  /** Gateways of whom anything is kept. */
  gatewayIds(): readonly string[];
  /** The newest epochs of a gateway, last touched first, at most `countMax`. */
  standing(gatewayId: string, countMax: number): readonly EpochStanding[];
  /** Durable when it resolves. */
  addPointList(record: PointListRecord): Promise<void>;
  /**
   * Takes all arrivals, durable when it resolves; one verdict each, in order. In one transaction,
   * unless one holds what the store cannot take: that one is refused, what comes with it is kept.
   * When it rejects, only the store opened anew can tell what was kept.
   */
  commit(arrivals: readonly Arrival[], nowMs: number): Promise<readonly Verdict[]>;
  /** What waits to be handed on; a store may do without. */
  readonly outbox?: SinkOutbox;
  /**
   * Begins a new life: the store has less than it once acknowledged. Durable when it resolves. A
   * store that lacks it keeps its incarnation, and gateways what they were told.
   */
  startAnew?(): Promise<void>;
  /**
   * What is held of a gateway, whoever keeps it now: it may have moved to another shard. A store
   * that lacks it has but one writer.
   */
  recall?(gatewayId: string): Promise<readonly EpochStanding[]>;
  /** Safe to call twice. Never rejects. */
  close(): Promise<void>;
}
