import type { Asker } from "./line.ts";
import type { Reply } from "./reply.ts";

/** Tells of a reply once what it teaches is noted. */
export class PlainAsk implements Asker {
  readonly #asker: Asker;
  readonly #note: (reply: Reply) => void;

  constructor(asker: Asker, note: (reply: Reply) => void) {
    this.#asker = asker;
    this.#note = note;
  }

  replied(reply: Reply): void {
    try {
      this.#note(reply);
    } catch (error) {
      // One silence too many: the line is lost.
      this.lost(error as Error);
      return;
    }
    this.#asker.replied(reply);
  }

  lost(why: Error): void {
    this.#asker.lost(why);
  }
}
