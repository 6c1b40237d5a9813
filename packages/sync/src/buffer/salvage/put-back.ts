import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Gap, Stream } from "@headgate/model";
import type { Span } from "../../ranges.ts";
import type { BlockStore } from "../block-store.ts";
import { MediaFiles } from "../media-files.ts";
import { openStore } from "../open-store.ts";
import { NO_QUOTAS } from "../options.ts";
import type { Salvage, SalvagedBlock, SalvagedThinned } from "./salvage-file.ts";

/** What became of the blocks that were found again. */
export interface PutBackCounts {
  readonly blocks: number;
  readonly samples: number;
  /** Known to the buffer already, as blocks or as gap records. */
  readonly knownBlocks: number;
  /** Numbers between them that are gone: gap records tell so. */
  readonly goneBlocks: number;
}

interface PutBackOptions {
  /** A gateway's buffer folder; the gateway is stopped. */
  readonly directory: string;
  /** As the gateway will tell it when it opens the buffer. */
  readonly machineId: string;
  readonly nowMs: number;
}

const BLOCKS_PER_COMMIT = 128;
/** An unproved word of how far numbers were given is believed this far beyond the last found. */
const LOST_TAIL_MAX = 100_000;

/**
 * Gives blocks back to a buffer under their own epochs and numbers: whoever has them drops them as
 * duplicates. Numbers that were not found become gap records, so that none stays unexplained.
 */
export async function putBack(salvage: Salvage, options: PutBackOptions): Promise<PutBackCounts> {
  const { directory, machineId, nowMs } = options;
  const opened = openStore({ directory, ...NO_QUOTAS, machineId, nowMs, isFirst: false });
  try {
    return await new Return(opened.store, salvage, directory).run();
  } finally {
    opened.close();
  }
}

class Return {
  readonly #store: BlockStore;
  readonly #salvage: Salvage;
  readonly #directory: string;
  readonly #counts = { blocks: 0, samples: 0, knownBlocks: 0, goneBlocks: 0 };
  readonly #thinned: readonly SalvagedThinned[];
  #waiting: SalvagedBlock[] = [];
  #gaps: Gap[] = [];

  constructor(store: BlockStore, salvage: Salvage, directory: string) {
    this.#store = store;
    this.#salvage = salvage;
    this.#directory = directory;
    this.#thinned = salvage.thinned();
  }

  async run(): Promise<PutBackCounts> {
    // First: numbers that they stand for are not lost.
    for (const entry of this.#thinned) this.#putBackThinned(entry);
    const left = new Map(this.#thinned.map((entry) => [entry.epoch, entry]));
    let last: SalvagedBlock | null = null;
    for (const block of this.#salvage.blocks()) {
      left.delete(block.epoch);
      if (last?.epoch !== block.epoch) {
        this.#endEpoch(last);
        this.#lose(block, this.#minutesOf(block.epoch)?.first ?? block.seq, block.seq - 1);
      } else this.#lose(block, last.seq + 1, block.seq - 1);
      await this.#keepPicture(block);
      this.#waiting.push(block);
      if (this.#waiting.length >= BLOCKS_PER_COMMIT) this.#flush();
      last = block;
    }
    this.#endEpoch(last);
    for (const { stream, epoch } of left.values()) {
      this.#endEpoch({ stream, epoch, seq: this.#minutesOf(epoch)?.first ?? 0 });
    }
    return this.#counts;
  }

  /** From the first to the last number of an epoch that thinned entries stand for. */
  #minutesOf(epoch: string): Span | null {
    const own = this.#thinned.filter((entry) => entry.epoch === epoch);
    const whole = own.reduce((end, { last }) => Math.max(end, last), 0);
    const first = own.reduce((start, entry) => Math.min(start, entry.first), whole);
    return own.length === 0 ? null : { first, last: whole };
  }

  #putBackThinned(entry: SalvagedThinned): void {
    const [isNew] = this.#store.putBack([entry], []);
    const count = entry.last - entry.first + 1;
    if (isNew) this.#counts.blocks += count;
    else this.#counts.knownBlocks += count;
    if (isNew) this.#counts.samples += entry.keptCount;
  }

  #endEpoch(last: Pick<SalvagedBlock, "stream" | "epoch" | "seq"> | null): void {
    if (!last) return;
    const thinnedEnd = this.#minutesOf(last.epoch)?.last ?? 0;
    const end = Math.max(this.#salvage.nextOf(last.epoch) - 1, thinnedEnd);
    if (end <= last.seq + LOST_TAIL_MAX) this.#lose(last, last.seq + 1, end);
    this.#flush();
  }

  /** Numbers that the buffer has not either. How many samples were in them nobody knows. */
  #lose({ stream, epoch }: { stream: Stream; epoch: string }, from: number, to: number): void {
    const known = this.#store.epochs().find((one) => one.epoch === epoch);
    const last = known?.isCurrent ? Math.min(to, known.tailSeq - 1) : to;
    const about = { sampleCount: 0, fromMs: 0, toMs: 0, reason: "damaged" } as const;
    for (let seq = from; seq <= last; seq++) {
      if (this.#store.isKnown(epoch, seq)) continue;
      this.#counts.goneBlocks++;
      const before = this.#gaps.at(-1);
      if (before?.epoch === epoch && before.last === seq - 1) {
        this.#gaps[this.#gaps.length - 1] = { ...before, last: seq };
      } else this.#gaps.push({ kind: "gap", stream, epoch, first: seq, last: seq, ...about });
    }
  }

  async #keepPicture({ media }: SalvagedBlock): Promise<void> {
    if (!media?.file || existsSync(join(this.#directory, "media", media.name))) return;
    const { name, file: bytes } = media;
    await new MediaFiles(this.#directory).write({ name, bytes, contentType: "" });
  }

  #flush(): void {
    const blocks = this.#waiting.map(({ media, ...block }) => {
      return {
        ...block,
        media: media && { name: media.name, bytes: media.bytes, hash: block.hash },
      };
    });
    const areNew = this.#store.putBack(blocks, this.#gaps);
    for (const [index, isNew] of areNew.entries()) {
      const { sampleCount } = this.#waiting[index] as SalvagedBlock;
      if (isNew) {
        this.#counts.blocks++;
        this.#counts.samples += sampleCount;
      } else this.#counts.knownBlocks++;
    }
    this.#waiting = [];
    this.#gaps = [];
  }
}
