import type { Block, Gap, Stream, Thinned } from "@headgate/model";
import { decodeMediaBody, decodeSamples } from "@headgate/sync/block";

/** Numbers of one stream and epoch, both ends included. */
export interface RangeWord {
  readonly stream: Stream;
  readonly epoch: string;
  readonly first: number;
  readonly last: number;
}

/** A block that was read from the buffer: the far side may have it. */
export interface PublishedWord {
  readonly kind: "published";
  readonly stream: Stream;
  readonly epoch: string;
  readonly seq: number;
  readonly hash: string;
  /** Of its samples, or of its picture. */
  readonly counters: readonly number[];
}

/** What a gap or minutes stand for. */
export interface Account extends Omit<RangeWord, "stream"> {
  readonly sampleCount: number;
}

/** A gap or minutes that were read: the far side may know, and then the buffer may forget. */
export interface ToldWord extends RangeWord, Account {
  readonly kind: "told";
}

/** What a life of a buffer says, a line of JSON each. */
export type BufferWord =
  | PublishedWord
  | ToldWord
  /** `append` or `appendMedia` resolved. */
  | { readonly kind: "kept"; readonly counters: readonly number[] }
  /** About to be asked of the buffer. */
  | { readonly kind: "acknowledge" | "quarantine"; readonly ranges: readonly RangeWord[] };

/** The numbers that identify what a block holds. */
export function countersOf(block: Block, pointIds: readonly string[]): number[] {
  if (block.kind === "media") return [Number(/(\d+)\.jpg$/.exec(nameOf(block))?.[1])];
  if (block.kind !== "data") return [];
  return decodeSamples(block.body, pointIds).map(({ value }) => Number.parseInt(`${value}`, 10));
}

/** How many samples an entry that is no block stands for. */
export function toldCountOf(entry: Gap | Thinned): number {
  return entry.sampleCount + (entry.kind === "thinned" ? entry.keptCount : 0);
}

/** Of a picture; its bytes say the same. */
function nameOf(block: Block): string {
  const { name, bytes } = decodeMediaBody(block.body);
  const [, counter = ""] = /^picture (\d+) /.exec(new TextDecoder().decode(bytes)) ?? [];
  if (!name.endsWith(`/${counter}.jpg`)) throw new Error(`picture ${name} holds "${counter}"`);
  return name;
}
