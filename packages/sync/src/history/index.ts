export { type History, type HistoryOptions, openHistory } from "./history.ts";
export type {
  HistoryGap,
  HistoryQuery,
  HistoryStatus,
  PointHistory,
  RawHistory,
  Resolution,
  RolledHistory,
} from "./history-messages.ts";
export type { Rollup } from "./rollup.ts";
