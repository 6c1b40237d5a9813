import type { Log } from "@headgate/model";
import { setDebugLogger, setErrorLogger, setWarningLogger } from "node-opcua-client";

/**
 * The library prints warnings by the dozen at each loss of a line. It knows one logger per process:
 * the channel opened last lends its own, at debug level.
 */
export function routeLibraryLog(log: Log): void {
  const print = (_caller?: unknown, ...words: unknown[]) => log.debug(words.map(String).join(" "));
  setErrorLogger(print);
  setWarningLogger(print);
  setDebugLogger(print);
}
