import type { BlockRange, Notice, ReceiverAnswer, StreamStanding } from "@headgate/model";
import type { Ack } from "../protocol/messages.ts";
import { covers, differenceOf, intersectionOf, type Spans, spansOf, unionOf } from "../ranges.ts";
import { AnswerWatch } from "./answer-watch.ts";
import { SentBook } from "./sent-book.ts";

/** What the receivers that count ask a gateway to stay under; infinity where none does. */
export interface AskedLimits {
  readonly bytesPerSecondMax: number;
  readonly unconfirmedBytesMax: number;
}

interface Life {
  /** Names one life of the receiver's store: a new one starts with nothing. */
  readonly inc: string;
  /** By stream and epoch. */
  readonly held: Map<string, Spans>;
  /** As its last word says. */
  limits: Ack["lim"];
}

/** A receiver that says nothing for so long, while another speaks, is away. */
const AWAY_MS = 60_000;
/**
 * In an epoch whose numbers mean two things, what was sent before this may have been answered. An
 * earlier word on a number may be about the other block of that number.
 */
const ANSWER_MS = 60_000;

/** What the receivers that count have in common, from their acknowledgements. Pure. */
export class AckBook {
  readonly #required: readonly string[];
  readonly #lives = new Map<string, Life>();
  readonly #told = new Map<string, string>();
  readonly #diverged = new Set<string>();
  readonly #sent = new SentBook(ANSWER_MS);
  /** When each receiver spoke last. */
  readonly #heardAtMs: Map<string, number>;
  readonly #toldReceived = new Map<string, string>();
  readonly #answers: AnswerWatch;

  /** Times are monotonic. */
  constructor(required: readonly string[], openedAtMs = 0) {
    this.#required = required;
    this.#answers = new AnswerWatch(required);
    this.#heardAtMs = new Map(required.map((id) => [id, openedAtMs]));
  }

  /** Notes that a block went out in this session. */
  sent(range: BlockRange, nowMs = 0): void {
    this.#sent.note(range, nowMs);
    const { stream, epoch, first, last } = range;
    for (const id of this.#required) {
      const held = this.#lives.get(id)?.held.get(keyOf(stream, epoch)) ?? [];
      if (!covers(held, first, last)) this.#answers.owed(id, nowMs);
    }
  }

  /** Of each receiver that counts. */
  answersAt(nowMs: number): ReceiverAnswer[] {
    return this.#answers.at(nowMs);
  }

  /** Under these numbers others know other blocks than ours. */
  diverge(stream: string, epoch: string): void {
    this.#diverged.add(keyOf(stream, epoch));
  }

  /** What the most modest of the receivers asks for; one that is away counts if all are. */
  limitsAt(nowMs: number): AskedLimits {
    const present = [...this.#lives].filter(([id]) => !this.#isAway(id, nowMs));
    const counting = present.length > 0 ? present : [...this.#lives];
    const asked = counting.map(([, life]) => life.limits);
    const least = (of: "rate" | "bytes") =>
      Math.min(...asked.map((limits) => limits?.[of] ?? Number.POSITIVE_INFINITY));
    return { bytesPerSecondMax: least("rate"), unconfirmedBytesMax: least("bytes") };
  }

  /** Takes an acknowledgement; tells what is new in it. */
  hear(receiverId: string, heard: Heard): Notice[] {
    if (!this.#required.includes(receiverId)) return [];
    const { ack, standing, differing, forked = [], nowMs = ANSWER_MS } = heard;
    const wasAway = this.#isAway(receiverId, nowMs);
    this.#heardAtMs.set(receiverId, nowMs);
    const known = this.#lives.get(receiverId);
    const fresh = { inc: ack.inc, held: new Map(), limits: ack.lim };
    const life: Life = known?.inc === ack.inc ? known : fresh;
    life.limits = ack.lim;
    this.#lives.set(receiverId, life);
    const notices: Notice[] = [];
    const ranges: BlockRange[] = [];
    for (const stream of ack.streams) {
      const key = keyOf(stream.st, stream.ep);
      const told = stream.sack.map(([first, last]) => ({ first, last }));
      const held = spansOf([{ first: 1, last: stream.w }, ...told]);
      if (forked.includes(stream.ep)) this.diverge(stream.st, stream.ep);
      const before = life.held.get(key) ?? [];
      if (differenceOf(held, before).length > 0) this.#answers.answered(receiverId);
      life.held.set(key, unionOf(before, held));
      const reason = divergence(stream, standing, receiverId) ?? differing?.get(key) ?? null;
      if (reason !== null && !this.#diverged.has(key)) {
        this.#diverged.add(key);
        notices.push({ kind: "diverged", stream: stream.st, epoch: stream.ep, reason });
      }
      const isCurrent = standing.some(({ stream: st, epoch }) => keyOf(st, epoch) === key);
      // The same word again says more of an old epoch, once more of it was sent.
      if (!isCurrent) this.#told.delete(key);
      ranges.push(...this.#news(key, stream, nowMs));
    }
    if (ranges.length > 0) notices.push({ kind: "acknowledged", ranges });
    if (this.#required.length > 1) notices.push(...this.#ofOthers(receiverId, { wasAway, nowMs }));
    return notices;
  }

  #news(key: string, { st, ep }: Ack["streams"][number], nowMs: number): BlockRange[] {
    let common = this.#commonOf(key, this.#required);
    // Under a number that means two things, only what was sent now can be what they have seen.
    if (this.#diverged.has(key)) common = intersectionOf(common, this.#sent.answered(key, nowMs));
    return newsOf(this.#told, { key, stream: st, epoch: ep, spans: common });
  }

  /**
   * Whoever is away must not make it look as if the others lacked anything. Back again, it has time
   * to tell what reached it meanwhile, and is then sent the rest.
   */
  #ofOthers(
    receiverId: string,
    { wasAway, nowMs }: { wasAway: boolean; nowMs: number },
  ): readonly Notice[] {
    const present = this.#required.filter((id) => !this.#isAway(id, nowMs));
    const received: BlockRange[] = [];
    const missed: BlockRange[] = [];
    for (const { key, stream, epoch, spans: sent } of this.#sent.all()) {
      const spans = this.#commonOf(key, present);
      received.push(...newsOf(this.#toldReceived, { key, stream, epoch, spans }));
      const held = this.#lives.get(receiverId)?.held.get(key) ?? [];
      missed.push(...rangesOf({ stream, epoch, spans: wasAway ? differenceOf(sent, held) : [] }));
    }
    const notices: Notice[] = [
      { kind: "received", ranges: received },
      { kind: "missed", ranges: missed },
    ];
    return notices.filter((notice) => "ranges" in notice && notice.ranges.length > 0);
  }

  #isAway(receiverId: string, nowMs: number): boolean {
    return nowMs - (this.#heardAtMs.get(receiverId) ?? 0) >= AWAY_MS;
  }

  #commonOf(key: string, receiverIds: readonly string[]): Spans {
    const [first = [], ...others] = receiverIds.map(
      (id) => this.#lives.get(id)?.held.get(key) ?? [],
    );
    return others.reduce(intersectionOf, first);
  }
}

/** An acknowledgement, as it is heard. */
export interface Heard {
  readonly ack: Ack;
  readonly standing: readonly StreamStanding[];
  /** Why what it knows under our numbers is not ours, by stream and epoch. */
  readonly differing?: ReadonlyMap<string, string>;
  /** Epochs under whose numbers an earlier session found that others know other blocks. */
  readonly forked?: readonly string[];
  /** Monotonic. */
  readonly nowMs?: number;
}

interface OfEpoch {
  readonly stream: BlockRange["stream"];
  readonly epoch: string;
  readonly spans: Spans;
}

/** The ranges, unless they were told before. */
function newsOf(told: Map<string, string>, news: OfEpoch & { key: string }): BlockRange[] {
  const text = JSON.stringify(news.spans);
  if (text === (told.get(news.key) ?? "[]")) return [];
  told.set(news.key, text);
  return rangesOf(news);
}

function rangesOf({ stream, epoch, spans }: OfEpoch): BlockRange[] {
  return spans.map(({ first, last }) => ({ stream, epoch, first, last }));
}

/** Names an epoch of a stream. */
export function keyOf(stream: string, epoch: string): string {
  return `${stream}/${epoch}`;
}

/** Why a receiver's word cannot be about this buffer's numbers, or null. */
function divergence(
  { st, ep, max, w, fork }: Ack["streams"][number],
  standing: readonly StreamStanding[],
  receiverId: string,
): string | null {
  const ours = standing.find(({ stream, epoch }) => stream === st && epoch === ep);
  if (!ours) return null;
  const seen = Math.max(max, w);
  if (seen > ours.headSeq) {
    return `receiver "${receiverId}" has seen block ${seen}, ours end at ${ours.headSeq}`;
  }
  if (fork === undefined) return null;
  return `receiver "${receiverId}" got block ${fork} with two contents`;
}
