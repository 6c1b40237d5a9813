/** What is behind a table of a virtual meter: null is "illegal data address". */
export interface VirtualTable {
  read(from: number, count: number): number[] | null;
  /** False is "illegal data address"; absent if the table cannot be written. */
  write?(from: number, values: readonly number[]): boolean;
}

interface Entry {
  readonly from: number;
  readonly count: number;
  readonly compute: () => readonly number[];
}

/**
 * Sparse registers (or bits, as 0 and 1), each a stored number or a function of the moment. A
 * value of several registers is computed once a request, so that it is never torn.
 */
export class VirtualRegisters implements VirtualTable {
  readonly #entries = new Map<number, Entry>();

  /** Whole registers, from `from` on. */
  set(from: number, ...values: number[]): this {
    for (const [index, value] of values.entries()) {
      this.define(from + index, 1, () => [value]);
    }
    return this;
  }

  /** `count` registers whose values are computed anew at each request. */
  define(from: number, count: number, compute: () => readonly number[]): this {
    const entry: Entry = { from, count, compute };
    for (let address = from; address < from + count; address++) this.#entries.set(address, entry);
    return this;
  }

  /** Makes addresses illegal again. */
  remove(from: number, count = 1): this {
    for (let address = from; address < from + count; address++) this.#entries.delete(address);
    return this;
  }

  setInt16(from: number, value: Source<number>): this {
    return this.#defineBytes(from, "AB", (view) => view.setInt16(0, now(value)));
  }

  setUint16(from: number, value: Source<number>): this {
    return this.#defineBytes(from, "AB", (view) => view.setUint16(0, now(value)));
  }

  setInt32(from: number, value: Source<number>, order = "ABCD"): this {
    return this.#defineBytes(from, order, (view) => view.setInt32(0, now(value)));
  }

  setUint32(from: number, value: Source<number>, order = "ABCD"): this {
    return this.#defineBytes(from, order, (view) => view.setUint32(0, now(value)));
  }

  setFloat32(from: number, value: Source<number>, order = "ABCD"): this {
    return this.#defineBytes(from, order, (view) => view.setFloat32(0, now(value)));
  }

  setFloat64(from: number, value: Source<number>, order = "ABCDEFGH"): this {
    return this.#defineBytes(from, order, (view) => view.setFloat64(0, now(value)));
  }

  setUint64(from: number, value: Source<bigint>, order = "ABCDEFGH"): this {
    return this.#defineBytes(from, order, (view) => view.setBigUint64(0, now(value)));
  }

  setInt64(from: number, value: Source<bigint>, order = "ABCDEFGH"): this {
    return this.#defineBytes(from, order, (view) => view.setBigInt64(0, now(value)));
  }

  /** ASCII, two letters a register, padded with NUL. */
  setText(from: number, text: string, count = Math.ceil(text.length / 2)): this {
    const bytes = Buffer.alloc(count * 2);
    bytes.write(text);
    return this.set(from, ...wordsOf(bytes));
  }

  read(from: number, count: number): number[] | null {
    const computed = new Map<Entry, readonly number[]>();
    const values: number[] = [];
    for (let address = from; address < from + count; address++) {
      const entry = this.#entries.get(address);
      if (!entry) return null;
      const words = computed.get(entry) ?? entry.compute();
      computed.set(entry, words);
      values.push(words[address - entry.from] ?? 0);
    }
    return values;
  }

  /** A written register is a stored one from then on. */
  write(from: number, values: readonly number[]): boolean {
    if (values.some((_, index) => !this.#entries.has(from + index))) return false;
    this.set(from, ...values);
    return true;
  }

  #defineBytes(from: number, order: string, put: (view: DataView) => void): this {
    return this.define(from, order.length / 2, () => {
      const view = new DataView(new ArrayBuffer(8));
      put(view);
      const wire = [...order].map((letter) => view.getUint8(letter.charCodeAt(0) - A));
      return wordsOf(Buffer.from(wire));
    });
  }
}

/** A value, or a function that gives it at the moment of a request. */
export type Source<T extends number | bigint> = T | (() => T);

const A = "A".charCodeAt(0);

function now<T extends number | bigint>(source: Source<T>): T {
  return typeof source === "function" ? source() : source;
}

function wordsOf(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readUInt16BE(index * 2));
}

/** A table of plain numbers: its length is the device's last address plus one. */
export function tableOfArray(values: number[]): VirtualTable {
  return {
    read: (from, count) =>
      from + count <= values.length ? values.slice(from, from + count) : null,
    write(from, written) {
      if (from + written.length > values.length) return false;
      for (const [index, value] of written.entries()) values[from + index] = value;
      return true;
    },
  };
}

/** A table computed by address: undefined is an illegal one. */
export function tableOfFunction(at: (address: number) => number | undefined): VirtualTable {
  return {
    read(from, count) {
      const values = Array.from({ length: count }, (_, index) => at(from + index));
      return values.every((value) => value !== undefined) ? values : null;
    },
  };
}
