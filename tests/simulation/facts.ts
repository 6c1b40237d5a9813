import { decodeSamples } from "@headgate/sync/block";
import type { Commit, Committed } from "@headgate/sync/cores";
import { nameOf, textOf } from "./sample-text.ts";

/** A block that became durable at a gateway. */
export interface Fact {
  /** The disk it is on. */
  readonly image: string;
  readonly epoch: string;
  readonly seq: number;
  readonly hash: string;
  /** In their order, as `textOf` says them. */
  readonly samples: readonly string[];
  /** Their names; null where there is none. */
  readonly names: readonly (string | null)[];
  /** The disk it was on went back in time or away: it need not arrive any more. */
  isVoid: boolean;
}

/** How far a disk had come at a moment. */
export interface Mark {
  readonly count: number;
  readonly heads: ReadonlyMap<string, number>;
}

/** All that was ever durable at a gateway: the truth that the far side is held against. */
export class Facts {
  readonly all: Fact[] = [];
  readonly #byName = new Map<string, Fact>();
  readonly #byBlock = new Map<string, Fact[]>();
  readonly #lists = new Map<string, readonly string[]>();
  readonly #heads = new Map<string, Map<string, number>>();

  /** Takes a transaction in; says what is wrong with it. */
  committed(image: string, commit: Commit, { encoded, epochs }: Committed): string[] {
    for (const { hash, pointIds } of commit.pointLists) this.#lists.set(hash, pointIds);
    const wrongs = commit.blocks.flatMap((block, index) => {
      const { epoch, seq, kind, schemaHash } = block;
      const { hash, body } = encoded[index] as Committed["encoded"][number];
      const ids = this.#lists.get(schemaHash) ?? [];
      const samples = kind === "data" ? decodeSamples(body, ids) : [];
      const names = samples.map(nameOf);
      const texts = samples.map(textOf);
      return this.#add({ image, epoch, seq, hash, samples: texts, names, isVoid: false });
    });
    const heads = this.#heads.get(image) ?? new Map<string, number>();
    this.#heads.set(image, heads);
    for (const { epoch, next } of epochs) {
      heads.set(epoch, Math.max(next - 1, heads.get(epoch) ?? 0));
    }
    return wrongs;
  }

  #add(fact: Fact): string[] {
    const wrongs: string[] = [];
    const key = `${fact.epoch}/${fact.seq}`;
    const others = (this.#byBlock.get(key) ?? []).filter(({ isVoid }) => !isVoid);
    if (others.some(({ hash }) => hash !== fact.hash)) {
      wrongs.push(`number ${fact.seq} of ${fact.epoch} was used for two contents`);
    }
    for (const name of fact.names) {
      if (name === null) continue;
      const known = this.#byName.get(name);
      if (known && !known.isVoid) wrongs.push(`${name} was kept twice: in ${known.seq} and ${key}`);
      this.#byName.set(name, fact);
    }
    this.#byBlock.set(key, [...(this.#byBlock.get(key) ?? []), fact]);
    this.all.push(fact);
    return wrongs;
  }

  /** Whether `image` gave this number anew after it went back in time. */
  isReused(epoch: string, seq: number): boolean {
    const facts = this.of(epoch, seq);
    return facts.some(({ hash, isVoid }) => !isVoid && facts.some((one) => one.hash !== hash));
  }

  /** How far an epoch has come on the disks there are. */
  headOf(epoch: string): number {
    return Math.max(0, ...[...this.#heads.values()].map((heads) => heads.get(epoch) ?? 0));
  }

  /** Whether the sample of this name is on a disk. */
  has(name: string): boolean {
    const fact = this.#byName.get(name);
    return fact !== undefined && !fact.isVoid;
  }

  inEpoch(epoch: string): readonly Fact[] {
    return this.all.filter((fact) => fact.epoch === epoch);
  }

  of(epoch: string, seq: number): readonly Fact[] {
    return this.#byBlock.get(`${epoch}/${seq}`) ?? [];
  }

  /** Up to where each epoch must be known upstream in the end. */
  requiredHeads(): Map<string, number> {
    const required = new Map<string, number>();
    for (const heads of this.#heads.values()) {
      for (const [epoch, head] of heads) {
        required.set(epoch, Math.max(head, required.get(epoch) ?? 0));
      }
    }
    return required;
  }

  mark(image: string): Mark {
    return { count: this.all.length, heads: new Map(this.#heads.get(image)) };
  }

  /** A copy of a disk begins a life of its own. */
  copied(from: string, to: string): void {
    this.#heads.set(to, new Map(this.#heads.get(from)));
  }

  /** A disk is as it was at `mark`; with null it is gone. */
  wentBack(image: string, mark: Mark | null): void {
    for (const [index, fact] of this.all.entries()) {
      if (fact.image === image && index >= (mark?.count ?? 0)) fact.isVoid = true;
    }
    if (mark) this.#heads.set(image, new Map(mark.heads));
    else this.#heads.delete(image);
  }
}
