import type { MessagePort } from "node:worker_threads";
import { createHistoryCalls } from "./history-calls.ts";
import type { HistoryCalls } from "./history-messages.ts";

interface Call {
  readonly id: number;
  readonly name: keyof HistoryCalls;
  readonly request: never;
}

/** Answers, in the buffer's thread, what a `HistoryLink` asks. */
export function serveHistory(port: MessagePort): void {
  const calls = createHistoryCalls();
  port.on("message", ({ id, name, request }: Call) => {
    try {
      port.postMessage({ id, answer: calls[name](request) });
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error);
      port.postMessage({ id, fault });
    }
  });
  port.on("close", () => calls.close(null));
  // Whether this thread goes on is the buffer's matter.
  port.unref();
}
