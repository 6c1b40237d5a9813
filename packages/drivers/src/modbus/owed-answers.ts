import type { Reply } from "./reply.ts";
import {
  isRead,
  type Read,
  type Request,
  readLength,
  readRequest,
  TABLE_OF_CODE,
} from "./request.ts";

/** Older ones are not expected any more: so many timeouts and rests of the unit are minutes. */
const OWED_MAX = 16;

/**
 * The requests that one unit left unanswered, where answers carry no id. A late answer must not
 * pass for that to a later request, so a probe goes first. Units answer in order: once a reply is
 * there that none of the owed answers can be, nothing older is to come.
 */
export class OwedAnswers {
  readonly #owed: Request[] = [];
  /** A read that it answered. */
  #answered: Read | null = null;

  get isEmpty(): boolean {
    return this.#owed.length === 0;
  }

  clear(): void {
    this.#owed.length = 0;
  }

  /** Takes note of what came, or did not come, after `request` was sent. */
  note(request: Request, reply: Reply): void {
    if (reply.kind === "silence" || this.#isLike(request, reply)) {
      this.#owed.push(request);
      if (this.#owed.length > OWED_MAX) this.#owed.shift();
      return;
    }
    this.clear();
    if (reply.kind === "answer" && isRead(request)) this.#answered = request;
  }

  /**
   * A read whose answer has another length than any that is owed. It begins where the unit has
   * answered before, if that is known: the owed ones may lie where it never does.
   */
  probe(): Read {
    const [oldest] = this.#owed as [Request];
    const { code, from } = this.#answered ?? (isRead(oldest) ? oldest : { ...oldest, code: 3 });
    const lengths = new Set(this.#ofCode(code).map(lengthOf));
    const perStep = code <= 2 ? 8 : 1;
    let count = 1;
    while (lengths.has(readLength(code, count))) count += perStep;
    const place = { table: TABLE_OF_CODE[code], from: Math.min(from, 0x10000 - count), count };
    return readRequest({ unitId: oldest.unitId, ...place });
  }

  /** Whether an owed answer could have been taken for this one: exceptions all look alike. */
  #isLike(request: Request, reply: Reply): boolean {
    const owed = this.#ofCode(request.code);
    if (reply.kind === "exception") return owed.length > 0;
    return owed.some((one) => lengthOf(one) === lengthOf(request));
  }

  #ofCode(code: number): readonly Request[] {
    return this.#owed.filter((one) => one.code === code);
  }
}

/** Those of writes are all alike. */
function lengthOf(request: Request): number {
  return isRead(request) ? readLength(request.code, request.count) : 0;
}
