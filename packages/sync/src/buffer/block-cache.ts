import type { Block, Seq } from "@headgate/model";

/** The newest blocks, in memory, so that live reads cost no query. Bounded in bytes. */
export class BlockCache {
  readonly #bytesMax: number;
  readonly #blocks = new Map<string, Block>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  add(block: Block): void {
    const key = `${block.epoch}/${block.seq}`;
    this.delete(block.epoch, block.seq);
    this.#blocks.set(key, block);
    this.#bytes += block.body.length;
    for (const oldest of this.#blocks.values()) {
      if (this.#bytes <= this.#bytesMax) break;
      this.delete(oldest.epoch, oldest.seq);
    }
  }

  get(epoch: string, seq: Seq): Block | undefined {
    return this.#blocks.get(`${epoch}/${seq}`);
  }

  delete(epoch: string, seq: Seq): void {
    const key = `${epoch}/${seq}`;
    const block = this.#blocks.get(key);
    if (!block) return;
    this.#blocks.delete(key);
    this.#bytes -= block.body.length;
  }

  /** Forgets what a predicate picks. */
  deleteWhere(isGone: (block: Block) => boolean): void {
    for (const block of this.#blocks.values()) {
      if (isGone(block)) this.delete(block.epoch, block.seq);
    }
  }
}
