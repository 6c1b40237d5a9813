import { type MessagePort, parentPort } from "node:worker_threads";
import { codeOf } from "./sqlite.ts";
import type { StoreCalls } from "./store-messages.ts";

interface Call {
  readonly id: number;
  readonly name: keyof StoreCalls;
  readonly request: never;
}

/** Asks the thread to end; nothing follows it. */
export const LEAVE = "leave";

/** What is lent to another who works in this thread too. */
interface Lent {
  readonly port: MessagePort;
}

/** Answers, in a thread of its own, what a `StoreWorker` asks; `serve` what others do. */
export function serveStore(calls: StoreCalls, serve: (port: MessagePort) => void = () => {}): void {
  parentPort?.on("message", (asked: Call | Lent | typeof LEAVE) => {
    if (asked === LEAVE) {
      parentPort?.close();
      return;
    }
    if ("port" in asked) {
      serve(asked.port);
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
