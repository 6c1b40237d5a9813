/** The four tables of a Modbus device. */
export type Table = "coil" | "discrete" | "input" | "holding";

/** One request as it goes to a unit, and what its answer must look like. */
export interface Request {
  readonly unitId: number;
  /** Function code and data, without the framing of any transport. */
  readonly pdu: Buffer;
  /** Bytes of a good answer's PDU. */
  readonly replyLength: number;
}

/** What became of a request on a line that still stands. */
export type Reply =
  | { readonly kind: "answer"; readonly pdu: Buffer }
  | { readonly kind: "exception"; readonly code: number }
  | { readonly kind: "silence" }
  | { readonly kind: "malformed"; readonly reason: string };

const READ_CODES: Readonly<Record<Table, number>> = { coil: 1, discrete: 2, holding: 3, input: 4 };

/** The table that FC 1 to 4 read. */
export const TABLE_OF_CODE: Readonly<Record<number, Table>> = {
  1: "coil",
  2: "discrete",
  3: "holding",
  4: "input",
};

/** FC 1 to 4 read, the others that we send write. */
export function isReadCode(code: number): boolean {
  return code <= 4;
}

/** Bytes before the values in the answer to a read: function code and byte count. */
export const READ_HEADER_LENGTH = 2;

/** Coils and discrete inputs hold one bit an address, the others 16. */
export function isBitTable(table: Table): boolean {
  return table === "coil" || table === "discrete";
}

/** Where and how much to read or write. */
export interface Span {
  readonly unitId: number;
  readonly table: Table;
  readonly from: number;
  readonly count: number;
}

/** FC 1 to 4. */
export function readRequest({ unitId, table, from, count }: Span): Request {
  const pdu = Buffer.alloc(5);
  pdu[0] = READ_CODES[table];
  pdu.writeUInt16BE(from, 1);
  pdu.writeUInt16BE(count, 3);
  const valueLength = isBitTable(table) ? Math.ceil(count / 8) : count * 2;
  return { unitId, pdu, replyLength: READ_HEADER_LENGTH + valueLength };
}

/** FC 5. */
export function writeCoil(unitId: number, from: number, isOn: boolean): Request {
  const pdu = Buffer.alloc(5);
  pdu[0] = 5;
  pdu.writeUInt16BE(from, 1);
  pdu.writeUInt16BE(isOn ? 0xff00 : 0, 3);
  return { unitId, pdu, replyLength: 5 };
}

/** FC 6 for one register, FC 16 for several; `bytes` as they stand on the wire. */
export function writeRegisters(unitId: number, from: number, bytes: Buffer): Request {
  if (bytes.length === 2) {
    const pdu = Buffer.alloc(5);
    pdu[0] = 6;
    pdu.writeUInt16BE(from, 1);
    bytes.copy(pdu, 3);
    return { unitId, pdu, replyLength: 5 };
  }
  const pdu = Buffer.alloc(6 + bytes.length);
  pdu[0] = 16;
  pdu.writeUInt16BE(from, 1);
  pdu.writeUInt16BE(bytes.length / 2, 3);
  pdu[5] = bytes.length;
  bytes.copy(pdu, 6);
  return { unitId, pdu, replyLength: 5 };
}

/** Judges the PDU that came as the answer to `request`. */
export function judgeReply(request: Request, pdu: Buffer): Reply {
  const asked = request.pdu[0] as number;
  const code = pdu[0] as number;
  if (code === (asked | 0x80) && pdu.length === 2) {
    return { kind: "exception", code: pdu[1] as number };
  }
  if (code !== asked) return malformed(`answered function ${code} instead of ${asked}`);
  if (pdu.length !== request.replyLength) {
    return malformed(`answered ${pdu.length} bytes instead of ${request.replyLength}`);
  }
  if (isReadCode(asked) ? pdu[1] !== pdu.length - READ_HEADER_LENGTH : !isEcho(request.pdu, pdu)) {
    return malformed("answer does not fit the request");
  }
  return { kind: "answer", pdu };
}

/** The answer to a write repeats its first five bytes: function, address, value or count. */
function isEcho(request: Buffer, pdu: Buffer): boolean {
  return request.subarray(0, 5).equals(pdu);
}

const malformed = (reason: string): Reply => ({
  kind: "malformed",
  reason: `malformed answer: ${reason}`,
});

const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: "illegal function",
  2: "illegal data address",
  3: "illegal data value",
  4: "device failure",
  5: "acknowledged, still working",
  6: "device busy",
  7: "negative acknowledge",
  8: "memory parity error",
  10: "gateway path unavailable",
  11: "gateway target failed to respond",
};

/** "illegal data address (exception 2)". */
export function exceptionText(code: number): string {
  return `${EXCEPTIONS[code] ?? "unknown exception"} (exception ${code})`;
}

/** The device refuses the addresses, not the moment: smaller requests may pass. */
export function isAboutAddresses(code: number): boolean {
  return code >= 1 && code <= 4;
}

/** A gateway speaks for a unit that is not there. */
export function isUnitFailure(code: number): boolean {
  return code === 10 || code === 11;
}
