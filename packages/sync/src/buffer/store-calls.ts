import type { OpenedStore } from "./open-store.ts";
import type { OpenStore, StoreCalls } from "./store-messages.ts";

/** What the database can be asked, answered by the one that `open` opens. */
export function createStoreCalls(open: (request: OpenStore) => OpenedStore): StoreCalls {
  let current: OpenedStore | null = null;
  const opened = (): OpenedStore => {
    if (!current) throw new Error("the database is not open");
    return current;
  };
  return {
    open(request) {
      current = open(request);
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
}
