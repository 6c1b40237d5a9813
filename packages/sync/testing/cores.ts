// Pure parts of both ends that a simulation composes itself. Only in the source tree: not packed.
export * from "../src/ranges.ts";
export { type Acknowledger, ackOf } from "../src/receiver/ack-of.ts";
export { AckSchedule } from "../src/receiver/ack-schedule.ts";
export { HoleWatch } from "../src/receiver/hole-watch.ts";
export type { EpochStanding } from "../src/receiver/store.ts";
export { AckBook } from "../src/uplink/ack-book.ts";
