import { exportRecord } from "@headgate/sync/receiver";
import { exportedText } from "./sample-text.ts";

/** What is stored of each block, by `epoch/number`: samples by their index. */
export type StoredBlocks = ReadonlyMap<string, ReadonlyMap<number, string>>;

/** Reads all that the receiver's store at `path` holds. */
export function storedBlocks(path: string): StoredBlocks {
  const blocks = new Map<string, Map<number, string>>();
  for (const sample of exportRecord(path, {})) {
    const key = `${sample.epoch}/${sample.block}`;
    const samples = blocks.get(key) ?? new Map<number, string>();
    blocks.set(key, samples);
    samples.set(sample.index, exportedText(sample));
  }
  return blocks;
}
