export { type ExportedSample, type ExportOptions, exportRecord } from "./export-record.ts";
export { formatStatus } from "./format-status.ts";
export type { BrokerAccess } from "./mqtt-link.ts";
export { type ReceiveOptions, receive } from "./receive.ts";
export {
  type ReceivedEpoch,
  type ReceiverStatus,
  type RecordedGap,
  receiveStatus,
} from "./receive-status.ts";
export { openSqliteStore } from "./sqlite/sqlite-store.ts";
export type { Arrival, EpochStanding, Store, Verdict } from "./store.ts";
