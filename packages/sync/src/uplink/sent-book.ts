import type { BlockRange, Stream } from "@headgate/model";
import { type Spans, unionOf } from "../ranges.ts";

interface Sent {
  readonly key: string;
  readonly stream: Stream;
  readonly epoch: string;
  spans: Spans;
  /** What went out recently, oldest first. */
  recent: { readonly sentAtMs: number; spans: Spans }[];
  /** What went out long ago. */
  answered: Spans;
}

/** So many places for what went out recently. */
const RECENT_MAX = 60;

/** What went out in one session, and what of it so long ago that it may have been answered. */
export class SentBook {
  readonly #answerMs: number;
  readonly #ofEpoch = new Map<string, Sent>();

  constructor(answerMs: number) {
    this.#answerMs = answerMs;
  }

  note({ stream, epoch, first, last }: BlockRange, nowMs: number): void {
    const key = `${stream}/${epoch}`;
    const fresh = { key, stream, epoch, spans: [], recent: [], answered: [] };
    const sent: Sent = this.#ofEpoch.get(key) ?? fresh;
    this.#ofEpoch.set(key, sent);
    sent.spans = unionOf(sent.spans, [{ first, last }]);
    const latest = sent.recent.at(-1);
    if (latest && nowMs - latest.sentAtMs < this.#answerMs / RECENT_MAX) {
      latest.spans = unionOf(latest.spans, [{ first, last }]);
    } else sent.recent.push({ sentAtMs: nowMs, spans: [{ first, last }] });
    this.#age(sent, nowMs);
  }

  all(): readonly Pick<Sent, "key" | "stream" | "epoch" | "spans">[] {
    return [...this.#ofEpoch.values()];
  }

  /** What went out at least so long ago. */
  answered(key: string, nowMs: number): Spans {
    const sent = this.#ofEpoch.get(key);
    if (!sent) return [];
    this.#age(sent, nowMs);
    return sent.answered;
  }

  #age(sent: Sent, nowMs: number): void {
    for (;;) {
      const [oldest] = sent.recent;
      // A place holds what was sent a little later, too.
      if (!oldest || nowMs - oldest.sentAtMs < this.#answerMs) return;
      sent.answered = unionOf(sent.answered, oldest.spans);
      sent.recent.shift();
    }
  }
}
