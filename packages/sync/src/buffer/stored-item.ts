import type { Block, Gap, GapReason, Seq, Stream } from "@headgate/model";

/** Ids of rows, both ends included. */
export interface IdSpan {
  readonly from: number;
  readonly to: number;
}

/** A row without its body: a block, or what stands for several. */
export interface StoredItem {
  /** Of the epoch, in the database. */
  readonly no: number;
  readonly first: Seq;
  readonly last: Seq;
  readonly kind: Block["kind"] | "thinned";
  readonly sampleCount: number;
  readonly keptCount: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** What it costs on the disk, about; of a picture, with its file. */
  readonly bytes: number;
  readonly mediaName: string;
  /** Items of which this is the same refer to one point list and were dated by one clock. */
  readonly likeness: string;
}

/** The record that an item is gone, with every sample that there once was. */
export function gapOf(
  item: Omit<StoredItem, "no" | "kind" | "bytes" | "mediaName" | "likeness">,
  log: { readonly stream: Stream; readonly epoch: string },
  reason: GapReason,
): Gap {
  const { first, last, sampleCount, keptCount, fromMs, toMs } = item;
  const { stream, epoch } = log;
  const count = sampleCount + keptCount;
  return { kind: "gap", stream, epoch, first, last, sampleCount: count, fromMs, toMs, reason };
}
