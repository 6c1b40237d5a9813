import type { Clock, Sample } from "@headgate/model";
import { covers, type Spans, unionOf } from "@headgate/sync/cores";
import type { Arrival, Store } from "@headgate/sync/receiver";
import { Facts } from "./facts.ts";
import type { History } from "./history.ts";
import { nameOf } from "./sample-text.ts";

/** The first thing that went wrong, and what happened before it. */
export interface Violation {
  readonly text: string;
  readonly atMs: number;
  readonly lastEvents: readonly string[];
}

/** What one receiver's store has held in any of its lives, and has said so. */
class Record {
  readonly held = new Map<string, Spans>();
  readonly said = new Map<string, Spans>();
  isRestored = false;
}

/** Knows all that was produced and committed, and judges what is said and stored, as it happens. */
export class Oracle {
  violation: Violation | null = null;
  /** Samples taken from here on must arrive fast; null while nothing is promised. */
  liveSinceMs: number | null = null;
  liveLatencyMs = 0;
  readonly facts = new Facts();
  /** The gateway's database was put back into the same file. */
  isRestoredInPlace = false;
  /** It was put back or copied: only then may a number have two contents. */
  mayFork = false;
  /** Numbers that were then used twice, and nobody could know. */
  readonly unnoticed = new Set<string>();
  /** Receivers that the gateway must have the word of. */
  receiverIds: readonly string[] = [];
  readonly #clock: { monotonicMs(): number };
  readonly #history: History;
  readonly #producedAtMs = new Map<string, number>();
  /** Of each life, by the clock that was its own. */
  readonly #producedBy = new Map<Clock, string[]>();
  readonly #records = new Map<string, Record>();

  constructor(clock: { monotonicMs(): number }, history: History) {
    this.#clock = clock;
    this.#history = history;
  }

  violate(text: string): void {
    const atMs = this.#clock.monotonicMs();
    this.violation ??= { text, atMs, lastEvents: [...this.#history.lastEvents] };
  }

  produced(sample: Sample, life: Clock): void {
    const name = nameOf(sample);
    if (name === null) return;
    this.#producedAtMs.set(name, this.#clock.monotonicMs());
    const own = this.#producedBy.get(life) ?? [];
    this.#producedBy.set(life, own);
    own.push(name);
  }

  /** A gateway was stopped in peace and its disk was well: then nothing is lost. */
  stoppedInPeace(life: Clock): void {
    const lost = this.#producedBy.get(life)?.find((name) => !this.facts.has(name));
    if (lost !== undefined) this.violate(`${lost} was read, and not kept`);
  }

  appended(samples: readonly Sample[]): void {
    for (const sample of samples) {
      const name = nameOf(sample);
      if (name === null || this.#producedAtMs.has(name)) continue;
      this.violate(`${name} was kept, and no driver gave it`);
    }
  }

  /** The buffer says that these are durable. */
  promised(samples: readonly Sample[]): void {
    for (const sample of samples) {
      const name = nameOf(sample);
      if (name === null || this.facts.has(name)) continue;
      this.violate(`${name} is said to be durable, and is on no disk`);
    }
  }

  /** A gateway's cursor moves over these. */
  acknowledged(epoch: string, { first, last }: { first: number; last: number }): void {
    for (const receiverId of this.receiverIds) {
      const held = this.#recordOf(receiverId).held.get(epoch) ?? [];
      this.#noteUnnoticed(epoch, { first, last }, held.at(-1)?.last ?? 0);
      if (covers(held, first, last)) continue;
      const what = `${first} to ${last} of ${epoch} count as acknowledged`;
      this.violate(`${what}, "${receiverId}" has not stored them all`);
    }
  }

  /**
   * A database put back into the same file, whose gateway went on past all that is known of it
   * upstream, cannot be told from one that was never gone: `docs/operate.md` warns of it.
   */
  #noteUnnoticed(epoch: string, span: { first: number; last: number }, seen: number): void {
    if (!this.isRestoredInPlace || this.facts.headOf(epoch) < seen) return;
    for (let seq = span.first; seq <= span.last; seq++) {
      if (this.facts.isReused(epoch, seq)) this.unnoticed.add(`${epoch}/${seq}`);
    }
  }

  /** What is durable in a receiver's store now. */
  durable(receiverId: string, standing: ReturnType<Store["standing"]>): void {
    const { held } = this.#recordOf(receiverId);
    for (const { epoch, covered } of standing) {
      held.set(epoch, unionOf(held.get(epoch) ?? [], covered));
    }
  }

  /** A receiver acknowledges, and this is what its store holds at that moment. */
  said(receiverId: string, claims: Standings, truth: Standings): void {
    const { said } = this.#recordOf(receiverId);
    for (const { epoch, covered } of claims) {
      const stored = truth.find((one) => one.epoch === epoch)?.covered ?? [];
      said.set(epoch, unionOf(said.get(epoch) ?? [], covered));
      const early = covered.find(({ first, last }) => !covers(stored, first, last));
      if (!early) continue;
      const what = `${early.first} to ${early.last} of ${epoch}`;
      this.violate(`"${receiverId}" acknowledges ${what}, its store does not hold them all`);
    }
  }

  /** These blocks are new in a receiver's store. */
  stored({ entry }: Arrival): void {
    if (!("seq" in entry)) return;
    const { epoch, seq, hash } = entry;
    const fact = this.facts.of(epoch, seq).find((one) => one.hash === hash);
    if (!fact) this.violate(`block ${seq} of ${epoch} is stored, and was never durable`);
    for (const name of fact?.names ?? []) if (name !== null) this.#arrived(name);
  }

  #arrived(name: string): void {
    const producedAtMs = this.#producedAtMs.get(name);
    if (this.liveSinceMs === null || producedAtMs === undefined) return;
    if (producedAtMs < this.liveSinceMs) return;
    const latencyMs = this.#clock.monotonicMs() - producedAtMs;
    this.liveLatencyMs = Math.max(this.liveLatencyMs, latencyMs);
  }

  /** A receiver's store went back in time. */
  restored(receiverId: string): void {
    this.#recordOf(receiverId).isRestored = true;
  }

  /** Whether a receiver may lack a block for good: it had said once that it has it. */
  mayHaveForgotten(receiverId: string, epoch: string, seq: number): boolean {
    const { isRestored, said } = this.#recordOf(receiverId);
    return isRestored && covers(said.get(epoch) ?? [], seq, seq);
  }

  #recordOf(receiverId: string): Record {
    const record = this.#records.get(receiverId) ?? new Record();
    this.#records.set(receiverId, record);
    return record;
  }
}

/** What is covered of each epoch. */
export type Standings = readonly { readonly epoch: string; readonly covered: Spans }[];
