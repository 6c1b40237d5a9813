export { type BufferCheck, checkBuffer, type EpochCheck } from "./check-buffer.ts";
export { copyBuffer } from "./copy-buffer.ts";
export {
  type BufferedMinute,
  type BufferedSample,
  countThinned,
  exportBuffer,
  exportMinutes,
  type ThinnedCounts,
} from "./export-buffer.ts";
export { holdFile } from "./lock-file.ts";
export { createMemoryBuffer, type MemoryBufferOptions } from "./memory-buffer.ts";
export { openBuffer } from "./open-buffer.ts";
export { holdBuffer } from "./open-store.ts";
export type { BufferOptions } from "./options.ts";
export {
  listQuarantined,
  type Quarantined,
  type QuarantinedContent,
  readQuarantined,
  retryQuarantined,
} from "./quarantine.ts";
export type { PutBackCounts } from "./salvage/put-back.ts";
export {
  openSalvage,
  putBackInto,
  type SalvageOptions,
  salvagedSamples,
} from "./salvage/salvage-buffer.ts";
export type { Salvage, SalvageCounts, SalvagedBlock } from "./salvage/salvage-file.ts";
export { BUFFER_SCHEMA } from "./schema.ts";
export { countWaiting } from "./waiting-samples.ts";
