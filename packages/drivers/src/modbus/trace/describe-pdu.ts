import { exceptionText } from "../reply.ts";
import { isReadCode, type ReadCode, TABLE_OF_CODE } from "../request.ts";

/** Beyond, the rest of a frame is left to who looks at its bytes. */
const WORDS_MAX = 16;
const BITS_MAX = 32;

/** A request without unit id and checksum: "read holding:40 to 41". */
export function describeRequest(pdu: Buffer): string {
  const code = pdu[0] ?? 0;
  if (pdu.length < 5) return `function ${code}`;
  const from = pdu.readUInt16BE(1);
  const second = pdu.readUInt16BE(3);
  if (code >= 1 && isReadCode(code)) return `read ${rangeOf(code, from, second)}`;
  if (code === 5) return `write coil:${from} = ${second === 0 ? "off" : "on"}`;
  if (code === 6) return `write holding:${from} = ${wordsOf(pdu.subarray(3, 5))}`;
  if (code === 15) return `write ${rangeOf(1, from, second)} = ${bitsOf(pdu.subarray(6), second)}`;
  if (code === 16) return `write ${rangeOf(3, from, second)} = ${wordsOf(pdu.subarray(6))}`;
  return `function ${code}`;
}

/** An answer without unit id and checksum; `asked` says what is in it, where that is known. */
export function describeAnswer(pdu: Buffer, asked: Buffer | null): string {
  const code = pdu[0] ?? 0;
  if (code > 0x80) return exceptionText(pdu[1] ?? 0);
  if (isReadCode(code)) return describeValues(code, pdu, asked);
  if (code === 5 || code === 6 || code === 15 || code === 16) return "written";
  return `function ${code} answered`;
}

function describeValues(code: number, pdu: Buffer, asked: Buffer | null): string {
  const values = pdu.subarray(2);
  const fits = asked !== null && asked[0] === code && asked.length >= 5;
  const count = fits ? asked.readUInt16BE(3) : null;
  const where = fits ? rangeOf(code, asked.readUInt16BE(1), asked.readUInt16BE(3)) : tableOf(code);
  const text = code <= 2 ? bitsOf(values, count ?? values.length * 8) : wordsOf(values);
  return `${where} = ${text}`;
}

const tableOf = (code: number) => TABLE_OF_CODE[code as ReadCode];

function rangeOf(code: number, from: number, count: number): string {
  const last = from + count - 1;
  return `${tableOf(code)}:${from}${last > from ? ` to ${last}` : ""}`;
}

function wordsOf(bytes: Buffer): string {
  const hex =
    bytes
      .toString("hex")
      .toUpperCase()
      .match(/.{1,4}/g) ?? [];
  return hex.length > WORDS_MAX ? `${hex.slice(0, WORDS_MAX).join(" ")} …` : hex.join(" ");
}

function bitsOf(bytes: Buffer, count: number): string {
  const bits = Array.from(
    { length: Math.min(count, BITS_MAX) },
    (_, index) => ((bytes[index >> 3] ?? 0) >> (index & 7)) & 1,
  );
  return `${bits.join("")}${count > BITS_MAX ? " …" : ""}`;
}
