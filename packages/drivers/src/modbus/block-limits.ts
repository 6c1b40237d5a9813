import { isBitTable, type Table } from "./request.ts";

interface Limit {
  acceptedMax: number;
  refusedMin: number;
}

/** What is kept of it: the longest request taken and the shortest refused; null if none was. */
export interface KeptLimit {
  readonly acceptedMax: number;
  readonly refusedMin: number | null;
}

/** How long a request one device takes, of registers and of bits: closed in on from both sides. */
export class BlockLimits {
  readonly #registers: Limit = { acceptedMax: 0, refusedMin: Number.POSITIVE_INFINITY };
  readonly #bits: Limit = { acceptedMax: 0, refusedMin: Number.POSITIVE_INFINITY };
  /** Changes whenever a plan made before should be made anew. */
  revision = 0;
  /** Something was refused for its length. */
  isLimited = false;

  /** The longest request that may pass; Infinity while none was refused for its length. */
  countMax(table: Table): number {
    return this.#of(table).refusedMin - 1;
  }

  acceptedMax(table: Table): number {
    return this.#of(table).acceptedMax;
  }

  accept(table: Table, count: number): void {
    const limit = this.#of(table);
    if (count <= limit.acceptedMax) return;
    limit.acceptedMax = count;
    if (count < limit.refusedMin) return;
    // It was not the length after all.
    limit.refusedMin = Number.POSITIVE_INFINITY;
    this.#change();
  }

  /** Too long, all else ruled out. False if as long a one was taken before: then it is not that. */
  refuse(table: Table, count: number): boolean {
    const limit = this.#of(table);
    if (count <= limit.acceptedMax) return false;
    if (count >= limit.refusedMin) return true;
    limit.refusedMin = count;
    this.#change();
    return true;
  }

  #change(): void {
    this.revision++;
    this.isLimited = [this.#registers, this.#bits].some(({ refusedMin }) =>
      Number.isFinite(refusedMin),
    );
  }

  kept(): { readonly registers: KeptLimit; readonly bits: KeptLimit } {
    return { registers: keptOf(this.#registers), bits: keptOf(this.#bits) };
  }

  restore({ registers, bits }: ReturnType<BlockLimits["kept"]>): void {
    restoreLimit(this.#registers, registers);
    restoreLimit(this.#bits, bits);
    this.#change();
  }

  #of(table: Table): Limit {
    return isBitTable(table) ? this.#bits : this.#registers;
  }
}

function keptOf({ acceptedMax, refusedMin }: Limit): KeptLimit {
  return { acceptedMax, refusedMin: Number.isFinite(refusedMin) ? refusedMin : null };
}

function restoreLimit(limit: Limit, { acceptedMax, refusedMin }: KeptLimit): void {
  limit.acceptedMax = acceptedMax;
  limit.refusedMin = refusedMin ?? Number.POSITIVE_INFINITY;
}
