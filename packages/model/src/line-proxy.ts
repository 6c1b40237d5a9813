import type { Context } from "./context.ts";

/** Lets other masters use a channel's line. It stays while that is down, and says so to them. */
export interface LineProxy {
  /**
   * Listens until `context.signal` aborts, then resolves; calls `onUp` once clients may come.
   * Rejects with `Unreachable` or `Misconfigured` if it cannot listen.
   */
  run(onUp: () => void, context: Context): Promise<void>;
  report(): ProxyReport;
}

/** What a proxy is lent by the gateway. */
export interface ProxyDeps {
  /** The channel's `Connection`; null while its line is down. */
  readonly connection: () => object | null;
  /** Told of each write that a client wanted, once it is known what became of it. */
  readonly audit: (write: GuestWrite) => void;
}

/** A write that came from a client of a proxy. */
export interface GuestWrite {
  /** Its address and port: "192.168.1.50:40312". */
  readonly client: string;
  readonly unit: number;
  /** The first place written: "holding:40". */
  readonly place: string;
  /** As they were to stand in the device, from that place on. */
  readonly values: readonly (number | boolean)[];
  readonly outcome: GuestWriteOutcome;
  /** Why, where it was not done: "illegal data value (exception 3)". */
  readonly reason: string | null;
}

export type GuestWriteOutcome =
  | "done"
  /** No rule allows it: nothing was sent. */
  | "denied"
  /** It could not be sent. */
  | "not-sent"
  /** The device said no. */
  | "refused"
  /** It was sent, and nobody answered. */
  | "unknown";

/** How a proxy is used, since the gateway started. */
export interface ProxyReport {
  /** Where it listens: "127.0.0.1:1502"; null while it does not. */
  readonly listensAt: string | null;
  readonly clientCount: number;
  readonly requestCount: number;
  /** Reads that were answered from what was read anyway. */
  readonly cachedCount: number;
  readonly writeCount: number;
  readonly deniedCount: number;
  /** Clients that were sent away: too many, not allowed, garbage. */
  readonly rejectedCount: number;
}
