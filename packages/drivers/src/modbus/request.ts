import { crc16 } from "./crc16.ts";
/** The four tables of a Modbus device. */
export const TABLES = ["coil", "discrete", "input", "holding"] as const;
export type Table = (typeof TABLES)[number];

export type ReadCode = 1 | 2 | 3 | 4;

interface Place {
  readonly unitId: number;
  /** The first address, counted from 0. */
  readonly from: number;
}

export interface Read extends Place {
  readonly code: ReadCode;
  readonly count: number;
}

/** FC 5 writes the first bit, FC 15 all of them. */
export interface BitWrite extends Place {
  readonly code: 5 | 15;
  readonly bits: readonly boolean[];
}

/** FC 6 writes one register, FC 16 several; `bytes` as they stand on the wire. */
export interface RegisterWrite extends Place {
  readonly code: 6 | 16;
  readonly bytes: Buffer;
}

/** One request to one unit. */
export type Request = Read | BitWrite | RegisterWrite;

const READ_CODES: Readonly<Record<Table, ReadCode>> = {
  coil: 1,
  discrete: 2,
  holding: 3,
  input: 4,
};

/** The table that FC 1 to 4 read. */
export const TABLE_OF_CODE: Readonly<Record<ReadCode, Table>> = {
  1: "coil",
  2: "discrete",
  3: "holding",
  4: "input",
};

/** FC 1 to 4 read, the others that we send write. */
export function isReadCode(code: number): boolean {
  return code <= 4;
}

export function isRead(request: Request): request is Read {
  return isReadCode(request.code);
}

/** A read as an RTU frame. */
export function readFrame({ unitId, code, from, count }: Read): Buffer {
  const frame = Buffer.allocUnsafe(8);
  frame[0] = unitId;
  frame[1] = code;
  frame.writeUInt16BE(from, 2);
  frame.writeUInt16BE(count, 4);
  frame.writeUInt16LE(crc16(frame, 0, 6), 6);
  return frame;
}

/** Coils and discrete inputs hold one bit an address, the others 16. */
export function isBitTable(table: Table): boolean {
  return table === "coil" || table === "discrete";
}

/** Bytes of the values that FC 1 to 4 answer with. */
export function readLength(code: number, count: number): number {
  return code <= 2 ? Math.ceil(count / 8) : count * 2;
}

/** One of many bits: they stand from the lowest of the first byte on. */
export function isSet(bytes: Buffer, at: number): boolean {
  return (((bytes[at >> 3] as number) >> (at & 7)) & 1) === 1;
}

/** What an RTU frame asks, as far as answers tell it apart; null if it is foreign. */
export function requestOf(frame: Buffer): Request | null {
  if (frame.length < 8) return null;
  const [unitId, code] = frame as unknown as readonly [number, number];
  const from = frame.readUInt16BE(2);
  if (code === 5 || code === 15) return { unitId, code, from, bits: [] };
  if (code === 6 || code === 16) return { unitId, code, from, bytes: Buffer.alloc(0) };
  if (code !== 1 && code !== 2 && code !== 3 && code !== 4) return null;
  return { unitId, code, from, count: frame.readUInt16BE(4) };
}

/** Where and how much to read. */
export interface Span {
  readonly unitId: number;
  readonly table: Table;
  readonly from: number;
  readonly count: number;
}

/** Names a request among those to its unit. */
export function keyOf(request: Request): string {
  return `${request.code}:${request.from}${isRead(request) ? `+${request.count}` : ""}`;
}

export function readRequest({ unitId, table, from, count }: Span): Read {
  return { unitId, code: READ_CODES[table], from, count };
}

export function writeCoil(unitId: number, from: number, isOn: boolean): BitWrite {
  return { unitId, code: 5, from, bits: [isOn] };
}

export function writeRegisters(unitId: number, from: number, bytes: Buffer): RegisterWrite {
  return { unitId, code: bytes.length === 2 ? 6 : 16, from, bytes };
}
