// The thread that owns the database, so that a slow disk disturbs nobody.
import { parentPort } from "node:worker_threads";
import { type OpenedStore, openStore } from "./open-store.ts";
import { codeOf } from "./sqlite.ts";
import type { OpenStore, StoreCalls } from "./store-messages.ts";

let current: OpenedStore | null = null;

const calls: StoreCalls = {
  open(request: OpenStore) {
    current = openStore(request);
    return current.opened;
  },
  commit: (request) => opened().store.commit(request),
  read: (request) => opened().store.read(request),
  pointList: (hash) => opened().store.pointList(hash),
  close() {
    current?.close();
    current = null;
    return null;
  },
};

function opened(): OpenedStore {
  if (!current) throw new Error("the database is not open");
  return current;
}

interface Call {
  readonly id: number;
  readonly name: keyof StoreCalls;
  readonly request: never;
}

parentPort?.on("message", ({ id, name, request }: Call) => {
  try {
    parentPort?.postMessage({ id, answer: calls[name](request) });
  } catch (error) {
    const { name: kind, message } = error instanceof Error ? error : new Error(String(error));
    parentPort?.postMessage({ id, fault: { kind, message, code: codeOf(error) } });
  }
});
