import { HistoryFile } from "./history-file.ts";
import type { HistoryCalls, OpenHistoryFile } from "./history-messages.ts";
import { answerQuery } from "./history-query.ts";
import { isDamage } from "./history-schema.ts";

/** What the file can be asked. One that proves damaged is set aside, and begun anew. */
export function createHistoryCalls(): HistoryCalls {
  let request: OpenHistoryFile | null = null;
  let file: HistoryFile | null = null;
  const opened = (isAnew = false): HistoryFile => {
    if (!request) throw new Error("the history's file is not open");
    file ??= new HistoryFile(request, isAnew);
    return file;
  };
  const close = () => {
    file?.close();
    file = null;
    return null;
  };
  const sound = <T>(work: (file: HistoryFile) => T): T => {
    try {
      return work(opened());
    } catch (error) {
      if (!isDamage(error)) throw error;
      close();
      return work(opened(true));
    }
  };
  return {
    open(asked) {
      request = asked;
      return sound((file) => file.status());
    },
    use(pointIds) {
      if (request) request = { ...request, pointIds };
      return close();
    },
    store: (runs) =>
      sound((file) => {
        file.store(runs);
        return file.status();
      }),
    query: (query) => sound((file) => answerQuery(file, query)),
    tidy: (nowMs) => sound((file) => file.tidy(nowMs)),
    close,
  };
}
