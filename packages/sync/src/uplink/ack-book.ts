import type { BlockRange, Notice, StreamStanding } from "@headgate/model";
import type { Ack } from "../protocol/messages.ts";
import { intersectionOf, type Spans, spansOf, unionOf } from "../ranges.ts";

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

/** What the receivers that count have in common, from their acknowledgements. Pure. */
export class AckBook {
  readonly #required: readonly string[];
  readonly #lives = new Map<string, Life>();
  readonly #told = new Map<string, string>();
  readonly #diverged = new Set<string>();
  readonly #sent = new Map<string, Spans>();

  constructor(required: readonly string[]) {
    this.#required = required;
  }

  /** Notes that a block went out in this session. */
  sent({ stream, epoch, first, last }: BlockRange): void {
    const key = keyOf(stream, epoch);
    this.#sent.set(key, unionOf(this.#sent.get(key) ?? [], [{ first, last }]));
  }

  /** What the most modest of the receivers asks for. */
  get limits(): AskedLimits {
    const asked = [...this.#lives.values()].map((life) => life.limits);
    const least = (of: "rate" | "bytes") =>
      Math.min(...asked.map((limits) => limits?.[of] ?? Number.POSITIVE_INFINITY));
    return { bytesPerSecondMax: least("rate"), unconfirmedBytesMax: least("bytes") };
  }

  /** Takes an acknowledgement; tells what is new in it. */
  hear(receiverId: string, ack: Ack, standing: readonly StreamStanding[]): Notice[] {
    if (!this.#required.includes(receiverId)) return [];
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
      life.held.set(key, unionOf(life.held.get(key) ?? [], held));
      const reason = divergence(stream, standing, receiverId);
      if (reason !== null && !this.#diverged.has(key)) {
        this.#diverged.add(key);
        notices.push({ kind: "diverged", stream: stream.st, epoch: stream.ep, reason });
      }
      const isCurrent = standing.some(({ stream: st, epoch }) => keyOf(st, epoch) === key);
      // The same word again says more of an old epoch, once more of it was sent.
      if (!isCurrent) this.#told.delete(key);
      ranges.push(...this.#news(key, stream));
    }
    if (ranges.length > 0) notices.push({ kind: "acknowledged", ranges });
    return notices;
  }

  #news(key: string, { st, ep }: Ack["streams"][number]): BlockRange[] {
    let common: Spans | undefined;
    for (const receiverId of this.#required) {
      const held = this.#lives.get(receiverId)?.held.get(key) ?? [];
      common = common === undefined ? held : intersectionOf(common, held);
    }
    if (common === undefined) return [];
    // Under a number that means two things, only what was sent now can be what they have seen.
    if (this.#diverged.has(key)) common = intersectionOf(common, this.#sent.get(key) ?? []);
    const text = JSON.stringify(common);
    if (text === this.#told.get(key)) return [];
    this.#told.set(key, text);
    return common.map(({ first, last }) => ({ stream: st, epoch: ep, first, last }));
  }
}

function keyOf(stream: string, epoch: string): string {
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
