import { HistoryFile } from "./history-file.ts";
import type { HistoryCalls, OpenHistoryFile } from "./history-messages.ts";
import { answerQuery } from "./history-query.ts";
import { DamagedRow } from "./history-rows.ts";
import { isDamage } from "./history-schema.ts";

/** What the file can be asked. One that proves damaged is set aside, and begun anew. */
export function createHistoryCalls(): HistoryCalls {
  let request: OpenHistoryFile | null = null;
  let file: HistoryFile | null = null;
  const opened = (damage: Error | null = null): HistoryFile => {
    if (!request) throw new Error("the history's file is not open");
    file ??= new HistoryFile(request, damage);
    return file;
  };
  const close = () => {
    const closing = file;
    file = null;
    closing?.close();
    return null;
  };
  const sound = <T>(work: (file: HistoryFile) => T): T => {
    try {
      return work(opened());
    } catch (error) {
      if (!isDamage(error)) throw error;
      closeDamaged(close);
      return work(opened(error));
    }
  };
  const removed = (file: HistoryFile): HistoryFile => {
    if (file.isThere()) return file;
    closeDamaged(close);
    return opened(new DamagedRow("history.db was removed"));
  };
  return {
    open(asked) {
      request = asked;
      return sound((file) => file.status());
    },
    use(pointIds) {
      if (request) request = { ...request, pointIds };
      // One that is opened later knows them from the beginning.
      if (file) sound((file) => file.use(pointIds));
      return null;
    },
    end: () => sound((file) => file.books.end()),
    store: (stored) =>
      sound((file) => {
        const there = removed(file);
        return there.store(stored) ? null : there.status();
      }),
    storeMore: () => sound((file) => (file.storeMore() ? null : file.status())),
    query: (query) => sound((file) => answerQuery(file, query)),
    tidy: (nowMs) => sound((file) => file.tidy(nowMs)),
    close,
  };
}

/** What it could not keep any more is gone with it. */
function closeDamaged(close: () => null): void {
  try {
    close();
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
}
