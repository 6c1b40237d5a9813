import type { ReceiverAnswer } from "@headgate/model";

interface Watched {
  /** Since when something is sent and nothing acknowledged. */
  owedSinceMs: number | null;
  hasAnswered: boolean;
}

/** Tells which receivers acknowledge nothing of what they are sent. Times are monotonic. Pure. */
export class AnswerWatch {
  readonly #watched: ReadonlyMap<string, Watched>;

  constructor(receiverIds: readonly string[]) {
    const watched = (): Watched => ({ owedSinceMs: null, hasAnswered: false });
    this.#watched = new Map(receiverIds.map((id) => [id, watched()]));
  }

  /** Something went out that this receiver has not acknowledged. */
  owed(receiverId: string, nowMs: number): void {
    const watched = this.#watched.get(receiverId);
    if (watched) watched.owedSinceMs ??= nowMs;
  }

  /** It acknowledged something that it had not before. */
  answered(receiverId: string): void {
    const watched = this.#watched.get(receiverId);
    if (!watched || watched.owedSinceMs === null) return;
    watched.owedSinceMs = null;
    watched.hasAnswered = true;
  }

  at(nowMs: number): ReceiverAnswer[] {
    return [...this.#watched].map(([receiverId, { owedSinceMs, hasAnswered }]) => {
      return {
        receiverId,
        silentForMs: owedSinceMs === null ? 0 : nowMs - owedSinceMs,
        hasAnswered,
      };
    });
  }
}
