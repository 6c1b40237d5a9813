export { expectNames } from "./expect-names.ts";
export { type ExportedMinute, exportMinutes } from "./export-minutes.ts";
export { type ExportedSample, type ExportOptions, exportRecord } from "./export-record.ts";
export { formatStatus } from "./format-status.ts";
export type { BrokerAccess } from "./mqtt-link.ts";
export { openRecord } from "./open-record.ts";
export { expectPlace, isNewStore, openStore, storeName } from "./open-store.ts";
export { isPostgresUrl } from "./postgres/address.ts";
export type { ShardStanding } from "./postgres/lease-table.ts";
export { openPostgresStore } from "./postgres/postgres-store.ts";
export { type ReceiveOptions, receive } from "./receive.ts";
export { ReceiveMeter } from "./receive-meter.ts";
export {
  type ReceivedEpoch,
  type ReceiverStatus,
  type RecordedGap,
  type RecordedThinned,
  receiveStatus,
} from "./receive-status.ts";
export type { ReceivedRecord } from "./received-record.ts";
export { type KeepShardsOptions, keepShards, type OwnedShard } from "./shards/keep-shards.ts";
export { moveShard, readShards } from "./shards/shard-admin.ts";
export { changeSink, type SinkChange } from "./sinks/change-sink.ts";
export { type HandOnOptions, handOn } from "./sinks/hand-on.ts";
export { encodeHandover } from "./sinks/handover-json.ts";
export { type NatsSinkOptions, natsSink } from "./sinks/nats-sink.ts";
export type {
  HandedBlock,
  HandedEntry,
  HandedMedia,
  Handover,
  HandoverLimits,
  Sink,
  SinkSession,
} from "./sinks/sink.ts";
export type { Queued, Remark, SinkOutbox, SinkStanding } from "./sinks/sink-outbox.ts";
export { signatureOf, type WebhookOptions, webhookSink } from "./sinks/webhook-sink.ts";
export {
  openSqliteStore,
  type SqliteStore,
  type SqliteStoreOptions,
} from "./sqlite/sqlite-store.ts";
export type { Arrival, EpochStanding, Store, Verdict } from "./store.ts";
