// The thread that owns the database, so that a slow disk disturbs nobody.
import { parentPort } from "node:worker_threads";
import { openStore } from "./open-store.ts";
import { codeOf } from "./sqlite.ts";
import { createStoreCalls } from "./store-calls.ts";
import type { StoreCalls } from "./store-messages.ts";

interface Call {
  readonly id: number;
  readonly name: keyof StoreCalls;
  readonly request: never;
}

const calls = createStoreCalls(openStore);

parentPort?.on("message", ({ id, name, request }: Call) => {
  try {
    parentPort?.postMessage({ id, answer: calls[name](request) });
  } catch (error) {
    const { name: kind, message } = error instanceof Error ? error : new Error(String(error));
    parentPort?.postMessage({ id, fault: { kind, message, code: codeOf(error) } });
  }
});
