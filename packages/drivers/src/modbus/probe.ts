import { isRead, type Request, readRequest, TABLE_OF_CODE, type Table } from "./request.ts";

/**
 * A read whose answer differs in length from the one still owed for `unanswered`: one address if
 * more were asked for, else enough for a longer answer. Units answer in order, so once this one
 * is answered nothing older is to come.
 */
export function probeFor(unanswered: Request): Request {
  const { unitId } = unanswered;
  const isOfRead = isRead(unanswered);
  const table: Table = isOfRead ? TABLE_OF_CODE[unanswered.code] : "holding";
  const asked = isOfRead ? unanswered.count : 0;
  const perAnswerByte = unanswered.code <= 2 ? 8 : 1;
  const count = asked > perAnswerByte ? 1 : perAnswerByte + 1;
  const from = Math.min(unanswered.from, 0x10000 - count);
  return readRequest({ unitId, table, from, count });
}
