// Pure parts of both ends that a simulation composes itself. Only in the source tree: not packed.

export { InProcessStore } from "../src/buffer/in-process-store.ts";
export { openBufferOn } from "../src/buffer/open-buffer.ts";
export { type OpenedStore, openMemoryStore, openStore } from "../src/buffer/open-store.ts";
export { serveStore } from "../src/buffer/serve-store.ts";
export { openSqlite, type Sqlite } from "../src/buffer/sqlite.ts";
export { createStoreCalls } from "../src/buffer/store-calls.ts";
export { StoreFault } from "../src/buffer/store-fault.ts";
export type { Commit, Committed, StoreCaller, StoreCalls } from "../src/buffer/store-messages.ts";
export { StoreWorker } from "../src/buffer/store-worker.ts";
export type { Dial } from "../src/dial.ts";
export { createHistoryCalls } from "../src/history/history-calls.ts";
export { PendingRuns } from "../src/history/pending-runs.ts";
export * from "../src/ranges.ts";
export { type Acknowledger, ackOf } from "../src/receiver/ack-of.ts";
export { AckSchedule } from "../src/receiver/ack-schedule.ts";
export { HoleWatch } from "../src/receiver/hole-watch.ts";
export type { EpochStanding } from "../src/receiver/store.ts";
export { AckBook } from "../src/uplink/ack-book.ts";
export { createMqttUplink } from "../src/uplink/mqtt-uplink.ts";
