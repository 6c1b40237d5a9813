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
  #silentAtMs = 0;
  #silenceCount = 0;

  get isEmpty(): boolean {
    return this.#owed.length === 0;
  }

  /** Answers that are still to come, if all that was asked was heard. */
  get silenceCount(): number {
    return this.#silenceCount;
  }

  clear(): void {
    this.#owed.length = 0;
    this.#silenceCount = 0;
  }

  /** Nothing was owed for so long that nothing comes any more. */
  isOverdue(nowMs: number, patienceMs: number): boolean {
    return nowMs - this.#silentAtMs > patienceMs;
  }

  /** Whether an answer that is owed, taken for that to `request`, would be the same. */
  isSafe(request: Request): boolean {
    const alike = this.#ofCode(request.code).filter((one) => lengthOf(one) === lengthOf(request));
    return isRead(request) && alike.every(({ from }) => from === request.from);
  }

  /** Takes note of what came, or did not come, after `request` was sent. */
  note(request: Request, reply: Reply, nowMs: number): void {
    if (reply.kind === "silence") {
      this.#silentAtMs = nowMs;
      this.#silenceCount++;
    }
    if (reply.kind === "silence" || this.#isLike(request, reply)) {
      this.#owed.push(request);
      if (this.#owed.length > OWED_MAX) this.#owed.shift();
      return;
    }
    this.clear();
    if (reply.kind === "answer" && isRead(request)) this.#answered = request;
  }

  /** Nobody answered the other probe: perhaps the unit does not know its function. */
  noteUnknown(probe: Read): void {
    this.#owed.push(probe);
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

  /** A read by a function that nothing owed has: even its exception is told from theirs. */
  otherProbe(): Read | null {
    const code = ([3, 4, 1, 2] as const).find((one) => this.#ofCode(one).length === 0);
    const [oldest] = this.#owed;
    if (code === undefined || !oldest) return null;
    const { unitId, from } = oldest;
    return readRequest({ unitId, table: TABLE_OF_CODE[code], from, count: 1 });
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
