import { parentPort } from "node:worker_threads";
import { codeOf } from "./sqlite.ts";
import type { StoreCalls } from "./store-messages.ts";

interface Call {
  readonly id: number;
  readonly name: keyof StoreCalls;
  readonly request: never;
}

/** Asks the thread to end; nothing follows it. */
export const LEAVE = "leave";

/** Answers, in a thread of its own, what a `StoreWorker` asks. */
export function serveStore(calls: StoreCalls): void {
  parentPort?.on("message", (asked: Call | typeof LEAVE) => {
    if (asked === LEAVE) {
      parentPort?.close();
      return;
    }
    const { id, name, request } = asked;
    try {
      parentPort?.postMessage({ id, answer: calls[name](request) });
    } catch (error) {
      const { name: kind, message } = error instanceof Error ? error : new Error(String(error));
      parentPort?.postMessage({ id, fault: { kind, message, code: codeOf(error) } });
    }
  });
}
