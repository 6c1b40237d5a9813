import { type ModbusFaults, noModbusFaults } from "./answer-faults.ts";
import { tableOfArray, tableOfFunction, type VirtualTable } from "./virtual-meter-registers.ts";

type TableName = "coil" | "discrete" | "input" | "holding";
type TableSource = VirtualTable | number[] | ((address: number) => number | undefined);

/** The tables of one unit; a missing one is an illegal function. */
export type VirtualUnitTables = Readonly<Partial<Record<TableName, TableSource>>>;

/** What a unit does wrong. Switch at any time. */
export interface VirtualUnitFaults extends ModbusFaults {
  /** Requests that touch these addresses get `exception`. */
  refused: { table: TableName; from: number; to: number; exception: number }[];
  /** Requests that touch these addresses get no answer. */
  silentAt: { table: TableName; from: number; to: number }[];
  /** Longer reads get exception 3: many meters take fewer than 125 registers at once. */
  countMax: number;
}

/** One unit of a virtual meter: answers request PDUs, good or bad. */
export class VirtualUnit {
  readonly faults: VirtualUnitFaults = {
    ...noModbusFaults(),
    refused: [],
    silentAt: [],
    countMax: Number.POSITIVE_INFINITY,
  };
  requestCount = 0;
  readonly #tables: ReadonlyMap<TableName, VirtualTable>;

  constructor(tables: VirtualUnitTables) {
    const named = Object.entries(tables) as [TableName, TableSource][];
    this.#tables = new Map(named.map(([name, source]) => [name, tableOf(source)]));
  }

  answer(pdu: Buffer): Buffer {
    this.requestCount++;
    const code = pdu[0] as number;
    const access = accessOf(pdu);
    const table = access && this.#tables.get(access.table);
    if (!access || !table || (access.written && !table.write)) return exception(code, 1);
    const refused = this.faults.exception ?? this.#exceptionFor(access);
    if (refused !== null) return exception(code, refused);
    const countMax = Math.min(access.countMax, this.faults.countMax);
    if (access.count < 1 || access.count > countMax) return exception(code, 3);
    if (access.written) {
      return table.write?.(access.from, access.written) ? pdu.subarray(0, 5) : exception(code, 2);
    }
    const values = table.read(access.from, access.count);
    if (!values) return exception(code, 2);
    const bytes = access.isBits ? packBits(values) : packWords(values);
    return Buffer.concat([Buffer.from([code, bytes.length]), bytes]);
  }

  /** Whether it leaves this request without an answer. */
  isSilentAt(pdu: Buffer): boolean {
    const access = accessOf(pdu);
    return access !== null && this.faults.silentAt.some((range) => isTouching(access, range));
  }

  #exceptionFor(access: Access): number | null {
    const hit = this.faults.refused.find((range) => isTouching(access, range));
    return hit?.exception ?? null;
  }
}

function isTouching(
  { table, from, count }: Access,
  range: { readonly table: TableName; readonly from: number; readonly to: number },
): boolean {
  return range.table === table && range.from < from + count && from < range.to;
}

function tableOf(source: TableSource): VirtualTable {
  if (Array.isArray(source)) return tableOfArray(source);
  return typeof source === "function" ? tableOfFunction(source) : source;
}

interface Access {
  readonly table: TableName;
  readonly from: number;
  readonly count: number;
  readonly countMax: number;
  readonly isBits: boolean;
  readonly written?: number[];
}

const READS: Readonly<Record<number, TableName>> = {
  1: "coil",
  2: "discrete",
  3: "holding",
  4: "input",
};

function accessOf(pdu: Buffer): Access | null {
  if (pdu.length < 5) return null;
  const code = pdu[0] as number;
  const from = pdu.readUInt16BE(1);
  const word = pdu.readUInt16BE(3);
  const table = READS[code];
  if (table) {
    const isBits = code <= 2;
    return { table, from, count: word, countMax: isBits ? 2000 : 125, isBits };
  }
  const one = { from, count: 1, countMax: 1 };
  if (code === 5) return { ...one, table: "coil", isBits: true, written: [word ? 1 : 0] };
  if (code === 6) return { ...one, table: "holding", isBits: false, written: [word] };
  if (code !== 15 && code !== 16) return null;
  const data = pdu.subarray(6);
  const many = { from, count: word };
  if (code === 15) {
    const written = Array.from({ length: word }, (_, i) => ((data[i >> 3] ?? 0) >> (i & 7)) & 1);
    return { ...many, table: "coil", countMax: 1968, isBits: true, written };
  }
  const written = Array.from({ length: data.length >> 1 }, (_, i) => data.readUInt16BE(i * 2));
  return { ...many, table: "holding", countMax: 123, isBits: false, written };
}

function exception(code: number, exceptionCode: number): Buffer {
  return Buffer.from([code | 0x80, exceptionCode]);
}

function packBits(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(Math.ceil(values.length / 8));
  for (const [index, value] of values.entries()) {
    if (value) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return bytes;
}

function packWords(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value & 0xffff, index * 2);
  return bytes;
}
