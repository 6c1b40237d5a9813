import { randomUUID } from "node:crypto";
import { type BlockRange, STREAMS } from "@headgate/model";
import { z } from "zod";
import { spansByEpoch } from "../ranges.ts";

/** What the broker took before one mark was published. */
interface Held {
  readonly mark: number;
  ranges: readonly BlockRange[];
  /** When the last of it was taken, in the book's own time. */
  takenAtMs: number;
}

/** What a broker shows of itself at the start of a session. */
export interface Shown {
  /** The mark of ours that it keeps; null where it keeps none. */
  readonly mark: number | null;
  readonly isSessionPresent: boolean;
}

const range = z.object({
  stream: z.enum(STREAMS),
  epoch: z.string(),
  first: z.number(),
  last: z.number(),
});
const savedSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  mark: z.number(),
  isMarkKept: z.boolean(),
  isSessionKept: z.boolean(),
  held: z.array(z.object({ mark: z.number(), ranges: z.array(range) })),
});

/**
 * What a broker has taken and is not yet trusted with. From time to time a mark, one higher each,
 * is left on the broker as a retained message. Whoever shows a mark still has all that it took
 * before; who shows an older one, or none, or has lost our session, has forgotten the rest. Pure.
 */
export class HoldBook {
  /** Names this book on the broker: a mark of another is none. */
  readonly id: string;
  readonly #holdMs: number;
  #mark: number;
  /** Whether this broker ever showed a mark, and a session: what it never keeps tells nothing. */
  #isMarkKept: boolean;
  #isSessionKept: boolean;
  #held: Held[];
  #merged: readonly BlockRange[] | null = null;
  /** The book's time stands still while there is no session. */
  #ageMs = 0;
  #resumedAtMs: number | null = null;

  private constructor(holdMs: number, saved: z.infer<typeof savedSchema>) {
    this.#holdMs = holdMs;
    this.id = saved.id;
    this.#mark = saved.mark;
    this.#isMarkKept = saved.isMarkKept;
    this.#isSessionKept = saved.isSessionKept;
    this.#held = saved.held.map((held) => ({ ...held, takenAtMs: 0 }));
  }

  /** Goes on from what was saved, each with its whole time to come; throws at another form. */
  static from(saved: string | null, holdMs: number): HoldBook {
    const empty = { v: 1, id: randomUUID(), mark: 1, isMarkKept: false, isSessionKept: false };
    return new HoldBook(
      holdMs,
      savedSchema.parse(saved === null ? { ...empty, held: [] } : JSON.parse(saved)),
    );
  }

  /** A session begins: what the broker has forgotten is told, and is not held any more. */
  resume({ mark, isSessionPresent }: Shown, nowMs: number): readonly BlockRange[] {
    this.#resumedAtMs = nowMs;
    const isMarkLost = mark === null && this.#isMarkKept;
    // Of a broker that never showed a mark, its session is all that can be asked for.
    const isSessionAsked = this.#isSessionKept || (mark === null && !this.#isMarkKept);
    const isAllLost = isMarkLost || (isSessionAsked && !isSessionPresent);
    this.#isMarkKept ||= mark !== null;
    this.#isSessionKept ||= isSessionPresent;
    const isLost = (held: Held) => isAllLost || (mark !== null && held.mark > mark);
    const forgotten = this.#held.filter(isLost);
    this.#keep(this.#held.filter((held) => !isLost(held)));
    this.#mark = Math.max(this.#mark, (mark ?? 0) + 1);
    return merged(forgotten);
  }

  /** The session is over: time stands still. */
  pause(nowMs: number): void {
    this.#ageMs = this.#age(nowMs);
    this.#resumedAtMs = null;
  }

  /** The broker has taken these. */
  took(ranges: readonly BlockRange[], nowMs: number): void {
    const takenAtMs = this.#age(nowMs);
    this.#merged = null;
    const latest = this.#held.at(-1);
    if (latest?.mark === this.#mark) {
      latest.ranges = mergedRanges([...latest.ranges, ...ranges]);
      latest.takenAtMs = takenAtMs;
    } else this.#held.push({ mark: this.#mark, ranges: mergedRanges(ranges), takenAtMs });
  }

  /** The mark to leave now; null where the last one says all. */
  nextMark(): number | null {
    if (this.#held.at(-1)?.mark !== this.#mark) return null;
    return this.#mark++;
  }

  /** What has been on the broker for long enough, and is not held any more. */
  release(nowMs: number): readonly BlockRange[] {
    const ageMs = this.#age(nowMs);
    const released = this.#held.filter(
      ({ mark, takenAtMs }) => mark < this.#mark && takenAtMs + this.#holdMs <= ageMs,
    );
    this.#keep(this.#held.filter((held) => !released.includes(held)));
    return merged(released);
  }

  /** What need not be sent for now, and is not acknowledged yet. */
  get held(): readonly BlockRange[] {
    this.#merged ??= merged(this.#held);
    return this.#merged;
  }

  #keep(held: Held[]): void {
    this.#held = held;
    this.#merged = null;
  }

  toText(): string {
    return JSON.stringify({
      v: 1,
      id: this.id,
      mark: this.#mark,
      isMarkKept: this.#isMarkKept,
      isSessionKept: this.#isSessionKept,
      held: this.#held.map(({ mark, ranges }) => ({ mark, ranges })),
    });
  }

  #age(nowMs: number): number {
    return this.#ageMs + (this.#resumedAtMs === null ? 0 : nowMs - this.#resumedAtMs);
  }
}

function merged(held: readonly Held[]): readonly BlockRange[] {
  return mergedRanges(held.flatMap(({ ranges }) => ranges));
}

function mergedRanges(ranges: readonly BlockRange[]): BlockRange[] {
  return [...spansByEpoch(ranges).values()].flatMap(({ stream, epoch, spans }) =>
    spans.map((span) => ({ stream, epoch, ...span })),
  );
}
