import type { Clock } from "./clock.ts";
import type { LineTap } from "./line-tap.ts";

/** Anything that checks and types foreign input. A zod schema is one. Throws on bad input. */
export interface Schema<T> {
  parse(input: unknown): T;
}

/** Structured log. `fields` are plain data; an error goes under the key `error`. */
export interface Log {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
  /** The same log with `fields` in every line. */
  child(fields: object): Log;
}

/** What every driver and uplink is lent. Nothing else is global. */
export interface Context {
  readonly clock: Clock;
  readonly log: Log;
  /** Aborts when the gateway stops. */
  readonly signal: AbortSignal;
  /** A folder of the borrower's own for what must survive a restart. It may not exist yet. */
  readonly directory: string;
  /** Lent to a channel's driver by who wants to see its line. */
  readonly tap?: LineTap | undefined;
}
