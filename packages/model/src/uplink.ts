import type { BlockRange, Entry, PointList, Seq, Stream } from "./block.ts";
import type { Context, Schema } from "./context.ts";

/** Knows one way to the cloud: the mirror image of a driver. */
export interface Uplink<Config = unknown> {
  /** As written in the config file: "mqtt". */
  readonly type: string;
  /** An uplink's settings, without `type`. Unknown keys must be errors. */
  readonly configSchema: Schema<Config>;
  /** Resolves once the far side is there; tries once. Else `Unreachable` or `Misconfigured`. */
  open(config: Config, port: UplinkPort, context: Context): Promise<Session>;
  /**
   * Goes the way to the far side once, before anybody relies on these settings; a session that is
   * up is not disturbed. Absent where nothing can be tried. Rejects only if the settings cannot be.
   */
  test?(
    config: Config,
    port: Pick<UplinkPort, "gatewayId">,
    context: Context,
  ): Promise<readonly UplinkStep[]>;
}

/** A step on the way to the far side; those after one that failed are not gone. */
export interface UplinkStep {
  readonly step: "name" | "port" | "tls" | "login" | "subscribe" | "publish";
  readonly outcome: "ok" | "failed";
  readonly tookMs: number;
  /** For people: the address, the version of TLS; or what failed, and what to do. */
  readonly detail: string;
}

/** What an uplink may ask of the house. */
export interface UplinkPort {
  readonly gatewayId: string;
  /** The uplink's name in the config. */
  readonly uplinkId: string;
  /** Current epoch, next number, durable head and oldest kept number of each stream. */
  standing(): readonly StreamStanding[];
  /** Whether others know other blocks under the numbers of an ended epoch. */
  isForked?(epoch: string): boolean;
  /** Resolves a body's point indexes. */
  pointList(hash: string): Promise<PointList | null>;
  /** The hash of a block, or null if it is not kept as one. Absent where nobody can tell. */
  hashOf?(block: BlockName): Promise<string | null>;
  /** Where days and months begin: an IANA name. UTC if absent. */
  readonly timezone?: string;
}

/** One block of a gateway. */
export interface BlockName {
  readonly stream: Stream;
  readonly epoch: string;
  readonly seq: Seq;
}

export interface StreamStanding {
  readonly stream: Stream;
  readonly epoch: string;
  readonly headSeq: Seq;
  readonly tailSeq: Seq;
}

/** l: live, b: backlog, r: repair (asked for again). */
export type Lane = "l" | "b" | "r";

/** Whole entries of one stream and epoch, ascending, sent together on one lane. */
export interface Batch {
  readonly lane: Lane;
  readonly entries: readonly Entry[];
}

/** What the far side says without being asked. */
export type Notice =
  /** It has these for good. */
  | { readonly kind: "acknowledged"; readonly ranges: readonly BlockRange[] }
  /** All far sides that can be heard have these: to be kept, not to be sent again for now. */
  | { readonly kind: "received"; readonly ranges: readonly BlockRange[] }
  /** One that was away is back, and may lack these: to be sent again unless acknowledged soon. */
  | { readonly kind: "missed"; readonly ranges: readonly BlockRange[] }
  /** It lacks these and wants them again. */
  | { readonly kind: "resend"; readonly range: BlockRange }
  /** It holds numbers or contents that this buffer never gave them: a new epoch is due. */
  | {
      readonly kind: "diverged";
      readonly stream: Stream;
      readonly epoch: string;
      readonly reason: string;
    };

/** How fast lanes may go. To be asked before each batch: what it says changes with time. */
export interface Pace {
  /** Until this lane may send: 0 is now. Whoever waits asks again, no later than this. */
  waitMs(lane: Lane): number;
  /** The bodies of one batch should not come to more than this. */
  readonly batchBytesMax: number;
  /** So much may wait for the far side's word before the backlog pauses. */
  readonly unconfirmedBytesMax: number;
  status(): PaceStatus;
}

/** What a line has left to give; null where nothing bounds it. */
export interface PaceStatus {
  /** Which lanes go: all; live alone; live, gathered for a minute; none. */
  readonly mode: "all" | "live-only" | "gathered" | "spent";
  readonly bytesPerSecondMax: number | null;
  /** Over the wire in this month, both ways. */
  readonly month: { readonly usedBytes: number; readonly bytesMax: number } | null;
}

/** How a far side that acknowledges for itself has answered to what this session sent. */
export interface ReceiverAnswer {
  readonly receiverId: string;
  /** So long it has acknowledged nothing though something was sent; 0 where nothing is owed. */
  readonly silentForMs: number;
  /** It has acknowledged something that this session sent. */
  readonly hasAnswered: boolean;
}

/** An uplink while it is up. A lost one is thrown away. */
export interface Session {
  /** How many batches may be on the way, and how large one may be. */
  readonly limits: { readonly batchesMax: number; readonly batchBytesMax: number };
  /** Absent: as fast as the far side takes it. */
  readonly pace?: Pace;
  /**
   * Resolves when the batch has left for good: with `confirmation: "sent"` or "held" the
   * acknowledgement follows as a notice, with "taken" this is it. What is "sent" and not
   * acknowledged for long is sent again; what is "held" only if a later session lacks it in `held`.
   * The same batch may be sent twice: receivers drop by identity and hash. Rejects with `Refused`
   * (this batch will never be taken) or `Unreachable` (the session is lost).
   */
  readonly confirmation: "sent" | "taken" | "held";
  /** Of each far side whose acknowledgement counts, where there are such. */
  answers?(): readonly ReceiverAnswer[];
  /** Taken by the far side, in this session or before, and not acknowledged yet. */
  readonly held?: readonly BlockRange[];
  send(batch: Batch, signal: AbortSignal): Promise<void>;
  /** Ends when `signal` aborts; rejects with `Unreachable` if the session is lost. */
  notices(signal: AbortSignal): AsyncIterable<Notice>;
  /** Safe to call twice. Never rejects. */
  close(): Promise<void>;
}
