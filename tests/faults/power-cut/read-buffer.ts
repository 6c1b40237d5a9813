import { type Buffer, type Entry, extentOf } from "@headgate/model";
import { keyOf } from "./buffer-truth.ts";
import { type Account, countersOf, toldCountOf } from "./buffer-words.ts";

/** What an opened buffer holds. */
export interface Holdings {
  /** Hash by key. */
  readonly blocks: ReadonlyMap<string, string>;
  /** Every number that is no block but told of all the same, with why: a gap's reason. */
  readonly told: ReadonlyMap<string, string>;
  readonly counters: ReadonlySet<number>;
  /** The last number of each epoch. */
  readonly heads: ReadonlyMap<string, number>;
  /** Gaps and thinned entries, and the samples that they account for. */
  readonly accounts: readonly Account[];
  /** Each a sentence. */
  readonly violations: readonly string[];
}

/** Counters of a body never change: decoded once for all images of a recording. */
const decoded = new Map<string, readonly number[]>();
const DECODED_MAX = 20_000;

/** Reads all of it, and proves that no number is left out and no sample is there twice. */
export async function readBuffer(buffer: Buffer): Promise<Holdings> {
  const blocks = new Map<string, string>();
  const told = new Map<string, string>();
  const counters = new Set<number>();
  const accounts: Account[] = [];
  const violations: string[] = [];
  const { epochs, cursors } = buffer.status();
  for (const { stream, epoch, headSeq } of epochs) {
    for (const { epoch: of, first, last } of cursors.get("cloud") ?? []) {
      for (let seq = first; of === epoch && seq <= last; seq++) {
        told.set(keyOf(epoch, seq), "acknowledged");
      }
    }
    for await (const entry of entriesOf(buffer, { stream, epoch, headSeq })) {
      const { first, last } = extentOf(entry);
      if (!("seq" in entry)) {
        const why = reasonOf(entry);
        accounts.push({ epoch, first, last, sampleCount: toldCountOf(entry) });
        for (let seq = first; seq <= last; seq++) told.set(keyOf(epoch, seq), why);
        continue;
      }
      blocks.set(keyOf(epoch, first), entry.hash);
      for (const counter of await countersIn(buffer, entry)) {
        if (counters.has(counter)) violations.push(`sample ${counter} is there twice`);
        counters.add(counter);
      }
    }
    for (let seq = 1; seq <= headSeq; seq++) {
      const key = keyOf(epoch, seq);
      if (!blocks.has(key) && !told.has(key)) violations.push(`${stream} ${key} is unexplained`);
    }
  }
  const heads = new Map(epochs.map(({ epoch, headSeq }) => [epoch, headSeq]));
  return { blocks, told, counters, heads, accounts, violations };
}

/** Of a gap; another kind of record speaks for itself. */
function reasonOf(entry: Entry): string {
  return "reason" in entry ? entry.reason : entry.kind;
}

interface Whole {
  readonly stream: Entry["stream"];
  readonly epoch: string;
  readonly headSeq: number;
}

async function* entriesOf(buffer: Buffer, { stream, epoch, headSeq }: Whole) {
  for (let first = 1; first <= headSeq; ) {
    const range = { stream, epoch, first, last: headSeq };
    const entries = await buffer.read(range, { blocksMax: 500, bytesMax: 2 ** 23 });
    const last = entries.at(-1);
    if (!last) return;
    yield* entries;
    first = extentOf(last).last + 1;
  }
}

async function countersIn(
  buffer: Buffer,
  block: Extract<Entry, { readonly seq: number }>,
): Promise<readonly number[]> {
  const known = decoded.get(block.hash);
  if (known) return known;
  const list = block.kind === "data" ? await buffer.pointList(block.schemaHash) : null;
  const counters = countersOf(block, list?.pointIds ?? []);
  if (decoded.size >= DECODED_MAX) decoded.clear();
  decoded.set(block.hash, counters);
  return counters;
}
