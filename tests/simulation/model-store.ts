import type { Block, PointList, Stream } from "@headgate/model";
import { extentOf } from "@headgate/model";
import { decodeSamples } from "@headgate/sync/block";
import { covers, differenceOf, type EpochStanding, unionOf } from "@headgate/sync/cores";
import type { ReceivedEntry } from "@headgate/sync/protocol";
import type { World } from "./world-parts.ts";

/** Where the receiver keeps what it received; what `commit` took survives a crash. */
export interface ModelStore {
  standing(): readonly EpochStanding[];
  addPointList(list: PointList): void;
  commit(entries: readonly ReceivedEntry[]): Promise<void>;
}

interface Held {
  readonly stream: Stream;
  readonly epoch: string;
  covered: EpochStanding["covered"];
  readonly hashes: Map<number, string>;
}

/** A store that tells the oracle of each block it keeps, once. */
export function createModelStore({ oracle }: Pick<World, "oracle">): ModelStore {
  const lists = new Map<string, PointList>();
  const held = new Map<string, Held>();
  const heldOf = ({ stream, epoch }: ReceivedEntry): Held => {
    const found = held.get(epoch) ?? { stream, epoch, covered: [], hashes: new Map() };
    held.set(epoch, found);
    return found;
  };
  const keepBlock = (block: Block, of: Held) => {
    const known = of.hashes.get(block.seq);
    if (known !== undefined && known !== block.hash) {
      oracle.violate(`block ${block.seq} of ${block.epoch} came with two contents`);
    }
    if (covers(of.covered, block.seq, block.seq)) return;
    const list = lists.get(block.schemaHash);
    if (block.kind === "data" && !list) return;
    of.hashes.set(block.seq, block.hash);
    const samples = block.kind === "data" ? decodeSamples(block.body, list?.pointIds ?? []) : [];
    oracle.storedBlock(block.epoch, block.seq, samples);
    of.covered = unionOf(of.covered, [{ first: block.seq, last: block.seq }]);
  };
  const keep = (entry: ReceivedEntry) => {
    const of = heldOf(entry);
    if (entry.kind === "thinned") {
      oracle.violate(`${entry.first} to ${entry.last} of ${entry.epoch} came thinned`);
      return;
    }
    if (entry.kind !== "gap") {
      if (entry.body) keepBlock({ ...entry, body: entry.body }, of);
      return;
    }
    for (const span of differenceOf([extentOf(entry)], of.covered)) {
      oracle.recordedGap(entry.epoch, span);
      oracle.note(`gap of ${span.first} to ${span.last} of ${entry.epoch}: ${entry.reason}`);
      if (entry.reason !== "expired") continue;
      oracle.violate(`${span.first} to ${span.last} of ${entry.epoch} expired before they arrived`);
    }
    of.covered = unionOf(of.covered, [extentOf(entry)]);
  };
  return {
    standing: () =>
      [...held.values()]
        .reverse()
        .map(({ stream, epoch, covered }) => ({ stream, epoch, covered: [...covered] })),
    addPointList: (list) => void lists.set(list.hash, list),
    async commit(entries) {
      for (const entry of entries) keep(entry);
    },
  };
}
