import type { Log } from "./context.ts";

/** A log that keeps quiet: for tests and for those who embed without one. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};
