export { type BufferedSample, exportBuffer } from "./export-buffer.ts";
export { createMemoryBuffer, type MemoryBufferOptions } from "./memory-buffer.ts";
export { openBuffer } from "./open-buffer.ts";
export type { BufferOptions } from "./options.ts";
