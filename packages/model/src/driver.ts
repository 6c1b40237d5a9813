import type { BrowsedNode, BrowseQuery } from "./browse.ts";
import type { CertificateInbox } from "./certificates.ts";
import type { Context, Schema } from "./context.ts";
import type { Inspection, InspectQuestion } from "./inspection.ts";
import type { LineProtocol } from "./line-frames.ts";
import type { LineNotice } from "./line-notice.ts";
import type { LineProxy, ProxyDeps } from "./line-proxy.ts";
import type { LineReport } from "./line-report.ts";
import type { LineSearch } from "./line-search.ts";
import type { Point } from "./point.ts";
import type { Sample, Samples } from "./sample.ts";
import type { Value } from "./value.ts";

/** Knows one protocol. Holds no state: all state lives in the connections it opens. */
export interface Driver<Config = unknown, Address = unknown, Device = unknown> {
  /** As written in the config file: "modbus-tcp". */
  readonly type: string;
  /** A channel's settings, without `driver`. Unknown keys must be errors. */
  readonly configSchema: Schema<Config>;
  /** A device's settings beyond the gateway's own (`unitId`); absent if the driver knows none. */
  readonly deviceSchema?: Schema<Device>;
  /** A point's settings beyond the gateway's own (`address`, `type`, `order`). */
  readonly addressSchema: Schema<Address>;
  /** Present if it tells `Context.tap` of its lines: what makes frames of the bytes. */
  readonly line?: LineProtocol;
  /**
   * How a point is acquired where its own settings do not say: "pushed" if only the device can
   * announce it (an event), a scan interval in ms, or null for the device's `scan`.
   */
  cadence?(address: Address): "pushed" | number | null;
  /** The unit of a point's values, where the driver knows it and the file does not say. */
  unitOf?(address: Address, device: Device): string;
  /** Whether a point asks for what its device remembers of times when the line was lost. */
  wantsHistory?(address: Address, device: Device): boolean;
  /** Whom its connections trust; absent if they know no certificates. */
  readonly certificates?: CertificateInbox;
  /** What its connections learn of devices and keep; absent if they keep nothing. */
  readonly lessons?: KeptLessons<Device>;
  /** Present if other masters can be let onto its lines; null where the settings let nobody in. */
  createProxy?(config: Config, deps: ProxyDeps): LineProxy | null;
  /**
   * Resolves once the channel is up. Tries once; trying again is the supervisor's work.
   * Rejects with `Unreachable` or `Misconfigured`. Aborting `context.signal` ends the attempt.
   */
  open(config: Config, context: Context): Promise<Connection<Address, Device>>;
  /**
   * Present if a line can be asked who is on it. Rejects as `open` does. A serial port that
   * channels of this process have open is shared with them, in turns.
   */
  search?(config: Config, context: Context): Promise<LineSearch<Address, Device>>;
}

/** What connections of a channel learnt of its devices and keep in the channel's folder. */
export interface KeptLessons<Device = unknown> {
  /** For people, a line each, and as plain data; null if nothing is kept of the device. */
  show(
    directory: string,
    device: Device,
  ): Promise<{ readonly lines: readonly string[]; readonly facts: object } | null>;
  /** False if nothing was kept. A gateway that runs notices, and learns anew. */
  forget(directory: string, device: Device): Promise<boolean>;
}

/** A time of one point, UTC; both ends are excluded. */
export interface HistorySpan<Address = unknown, Device = unknown> {
  readonly point: Point<Address, Device>;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Points of a channel that are read together, again and again. */
export interface ScanClass<Address = unknown, Device = unknown> {
  readonly intervalMs: number;
  readonly points: readonly Point<Address, Device>[];
}

/** A channel while it is up. A lost one is thrown away. An ability is the presence of a method. */
export interface Connection<Address = unknown, Device = unknown> {
  /**
   * One sample per point, same order. A refused point or a silent unit gives bad samples.
   * Rejects with `Unreachable` only if the line is lost. Never called twice at a time, unless the
   * connection has `schedule`.
   * The same array is given again at each scan of a scan class, so a plan may be kept by it.
   */
  read(points: readonly Point<Address, Device>[], signal: AbortSignal): Promise<Samples>;
  /**
   * Present if the connection itself says whose request goes first on its line: then scan classes
   * are read side by side. Called before the first read with the very arrays of points, and again
   * when others are read from then on; a read of the ones before may still be under way.
   */
  schedule?(classes: readonly ScanClass<Address, Device>[]): void;
  /** Present if the line knows what is wanted of it, and what it gives. */
  report?(): LineReport;
  /** Present if the connection knows of what a person should know while the line works. */
  notices?(): readonly LineNotice[];
  /**
   * Present if the device can push. Runs until `signal` aborts, then resolves; rejects with
   * `Unreachable` if the line is lost. `emit` may be called before the promise settles only.
   */
  subscribe?(
    points: readonly Point<Address, Device>[],
    emit: (samples: Sample[]) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Present if the line knows what it offers. Gives pages of it as they are asked for, nearest
   * first. Rejects with `Misconfigured` if there is no such beginning.
   */
  browse?(query: BrowseQuery, signal: AbortSignal): AsyncIterable<readonly BrowsedNode[]>;
  /**
   * Present if devices remember. Gives what they recorded in these spans, page by page as it is
   * asked for: each point's samples oldest first, none twice. A point of which a device remembers
   * nothing has none. Rejects with `Unreachable` if the line is lost, with `Refused` if the device
   * cannot tell now; then it may be asked again from where it came to.
   */
  history?(
    spans: readonly HistorySpan<Address, Device>[],
    signal: AbortSignal,
  ): AsyncIterable<readonly Sample[]>;
  /** Present if points can be commanded. Rejects with `Refused` if the device says no. */
  write?(point: Point<Address, Device>, value: Value, signal: AbortSignal): Promise<void>;
  /**
   * Present if what lies at an address can mean several things. May be called while `read` is under
   * way. Rejects with `Misconfigured` if it is asked wrongly, `Unreachable` if nobody answers.
   */
  inspect?(question: InspectQuestion<Address, Device>, signal: AbortSignal): Promise<Inspection>;
  /**
   * Present if the connection knows of itself that its line is lost, without being asked: aborts
   * then, with the fault for a reason.
   */
  readonly ended?: AbortSignal;
  /** Safe to call twice. Never rejects. */
  close(): Promise<void>;
}
