import type { BlockRange, Notice, StreamStanding } from "@headgate/model";
import type { Ack } from "../protocol/messages.ts";
import { RangeSet } from "../protocol/range-set.ts";

interface Life {
  /** Names one life of the receiver's store: a new one starts with nothing. */
  readonly inc: string;
  /** By stream and epoch. */
  readonly held: Map<string, RangeSet>;
}

/** What the receivers that count have in common, from their acknowledgements. Pure. */
export class AckBook {
  readonly #required: readonly string[];
  readonly #lives = new Map<string, Life>();
  readonly #told = new Map<string, string>();
  readonly #diverged = new Set<string>();
  readonly #sent = new Map<string, RangeSet>();

  constructor(required: readonly string[]) {
    this.#required = required;
  }

  /** Notes that a block went out in this session. */
  sent({ stream, epoch, first, last }: BlockRange): void {
    const key = `${stream}/${epoch}`;
    const known = this.#sent.get(key) ?? new RangeSet();
    known.add(first, last);
    this.#sent.set(key, known);
  }

  /** Takes an acknowledgement; tells what is new in it. */
  hear(receiverId: string, ack: Ack, standing: readonly StreamStanding[]): Notice[] {
    if (!this.#required.includes(receiverId)) return [];
    const known = this.#lives.get(receiverId);
    const life = known?.inc === ack.inc ? known : { inc: ack.inc, held: new Map() };
    this.#lives.set(receiverId, life);
    const notices: Notice[] = [];
    const ranges: BlockRange[] = [];
    for (const stream of ack.streams) {
      const key = `${stream.st}/${stream.ep}`;
      const held = life.held.get(key) ?? new RangeSet();
      held.add(1, stream.w);
      for (const [first, last] of stream.sack) held.add(first, last);
      life.held.set(key, held);
      const reason = divergence(stream, standing, receiverId);
      if (reason !== null && !this.#diverged.has(key)) {
        this.#diverged.add(key);
        notices.push({ kind: "diverged", stream: stream.st, epoch: stream.ep, reason });
      }
      ranges.push(...this.#news(key, stream));
    }
    if (ranges.length > 0) notices.push({ kind: "acknowledged", ranges });
    return notices;
  }

  #news(key: string, { st, ep }: Ack["streams"][number]): BlockRange[] {
    let common: RangeSet | undefined;
    for (const receiverId of this.#required) {
      const held = this.#lives.get(receiverId)?.held.get(key) ?? new RangeSet();
      common = common === undefined ? held : common.intersect(held);
    }
    if (common === undefined) return [];
    // Under a number that means two things, only what was sent now can be what they have seen.
    if (this.#diverged.has(key)) common = common.intersect(this.#sent.get(key) ?? new RangeSet());
    const text = JSON.stringify(common.ranges);
    if (text === this.#told.get(key)) return [];
    this.#told.set(key, text);
    return common.ranges.map(([first, last]) => ({ stream: st, epoch: ep, first, last }));
  }
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
