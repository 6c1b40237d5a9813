import { isReadCode, type Request, readRequest, TABLE_OF_CODE, type Table } from "./pdu.ts";

/**
 * A read whose answer differs in length from the one still owed for `unanswered`: one address if
 * more were asked for, else enough for a longer answer. Units answer in order, so once this one
 * is answered nothing older is to come.
 */
export function probeFor({ unitId, pdu }: Request): Request {
  const code = pdu[0] as number;
  const table: Table = isReadCode(code) ? (TABLE_OF_CODE[code] as Table) : "holding";
  const asked = isReadCode(code) ? pdu.readUInt16BE(3) : 0;
  const perAnswerByte = code <= 2 ? 8 : 1;
  const count = asked > perAnswerByte ? 1 : perAnswerByte + 1;
  const from = Math.min(pdu.readUInt16BE(1), 0x10000 - count);
  return readRequest({ unitId, table, from, count });
}
