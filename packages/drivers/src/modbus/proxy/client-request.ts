import { isRead, isSet, type ReadCode, type Request, readLength } from "../request.ts";
import type { ClientFrame } from "./client-frames.ts";

/** Codes of the Modbus application protocol, 7, that a proxy answers with. */
export const Exception = {
  illegalFunction: 1,
  illegalAddress: 2,
  illegalValue: 3,
  busy: 6,
  /** The line is down. */
  noPath: 10,
  /** The unit does not answer. */
  noAnswer: 11,
} as const;

const BITS_READ_MAX = 2000;
const REGISTERS_READ_MAX = 125;
const BITS_WRITTEN_MAX = 1968;
const REGISTERS_WRITTEN_MAX = 123;
const ADDRESSES = 0x10000;
const COIL_ON = 0xff00;

/** What a client wants, or the code of the exception that it is answered with. */
export function parseRequest({ unitId, pdu }: ClientFrame): Request | number {
  const code = pdu[0] as number;
  switch (code) {
    case 1:
    case 2:
    case 3:
    case 4:
      return parseRead(unitId, code, pdu);
    case 5:
    case 6:
      return parseSingle(unitId, code, pdu);
    case 15:
    case 16:
      return parseSeveral(unitId, code, pdu);
    default:
      return Exception.illegalFunction;
  }
}

function parseRead(unitId: number, code: ReadCode, pdu: Buffer): Request | number {
  if (pdu.length !== 5) return Exception.illegalValue;
  const from = pdu.readUInt16BE(1);
  const count = pdu.readUInt16BE(3);
  const max = code <= 2 ? BITS_READ_MAX : REGISTERS_READ_MAX;
  if (count < 1 || count > max) return Exception.illegalValue;
  return from + count > ADDRESSES ? Exception.illegalAddress : { unitId, code, from, count };
}

function parseSingle(unitId: number, code: 5 | 6, pdu: Buffer): Request | number {
  if (pdu.length !== 5) return Exception.illegalValue;
  const from = pdu.readUInt16BE(1);
  if (code === 6) return { unitId, code, from, bytes: pdu.subarray(3) };
  const value = pdu.readUInt16BE(3);
  if (value !== 0 && value !== COIL_ON) return Exception.illegalValue;
  return { unitId, code, from, bits: [value === COIL_ON] };
}

function parseSeveral(unitId: number, code: 15 | 16, pdu: Buffer): Request | number {
  if (pdu.length < 7) return Exception.illegalValue;
  const from = pdu.readUInt16BE(1);
  const count = pdu.readUInt16BE(3);
  const bytes = pdu.subarray(6);
  const isBits = code === 15;
  const length = isBits ? Math.ceil(count / 8) : count * 2;
  const isWhole = pdu[5] === length && bytes.length === length;
  const max = isBits ? BITS_WRITTEN_MAX : REGISTERS_WRITTEN_MAX;
  if (count < 1 || count > max || !isWhole) return Exception.illegalValue;
  if (from + count > ADDRESSES) return Exception.illegalAddress;
  if (!isBits) return { unitId, code: 16, from, bytes };
  const bits = Array.from({ length: count }, (_, at) => isSet(bytes, at));
  return { unitId, code: 15, from, bits };
}

/** The PDU that says what was read, or repeats what was written. */
export function answerPdu(request: Request, pdu: Buffer, values: Buffer): Buffer {
  if (!isRead(request)) return pdu.subarray(0, 5);
  const length = readLength(request.code, request.count);
  return Buffer.concat([Buffer.from([request.code, length]), values]);
}

export function exceptionPdu(pdu: Buffer, code: number): Buffer {
  return Buffer.from([((pdu[0] as number) & 0x7f) | 0x80, code]);
}
