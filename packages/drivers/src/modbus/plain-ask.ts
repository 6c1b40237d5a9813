import type { Asker } from "./line.ts";
import type { Reply } from "./reply.ts";
import type { Read } from "./request.ts";
import type { Unit } from "./unit.ts";

/** A read under way, and how long its answer is waited for. */
export interface PlainAsked {
  readonly unit: Unit;
  readonly read: Read;
  readonly timeoutMs: number;
}

/** Tells of the reply to a read once what it teaches is noted; then there may be a next. */
export class PlainAsk implements Asker {
  readonly #note: (asked: PlainAsked, reply: Reply, settledMs: number) => void;
  #asked: PlainAsked | null = null;
  #asker: Asker | null = null;

  constructor(note: (asked: PlainAsked, reply: Reply, settledMs: number) => void) {
    this.#note = note;
  }

  /** `asker` is told of the next reply. */
  begin(asked: PlainAsked, asker: Asker): Asker {
    this.#asked = asked;
    this.#asker = asker;
    return this;
  }

  replied(reply: Reply, settledMs: number): void {
    const asker = this.#asker;
    try {
      if (this.#asked) this.#note(this.#asked, reply, settledMs);
    } catch (error) {
      // One silence too many: the line is lost.
      asker?.lost(error as Error);
      return;
    }
    asker?.replied(reply, settledMs);
  }

  lost(why: Error): void {
    this.#asker?.lost(why);
  }
}
