import type { Stream } from "@headgate/model";
import type { EpochStanding } from "@headgate/sync/receiver";
import type { Said } from "./disk-log.ts";

/** What a store would acknowledge: said after its commit. */
export interface ReceiverWord {
  readonly incarnation: string;
  readonly gatewayId: string;
  readonly stream: Stream;
  readonly epoch: string;
  readonly covered: EpochStanding["covered"];
}

/** The newest acknowledgements up to a moment. */
export class ReceiverTruth {
  readonly forks: readonly string[] = [];
  /** By epoch. */
  readonly newest = new Map<string, ReceiverWord>();
  readonly #words: readonly { readonly at: number; readonly word: ReceiverWord }[];
  #next = 0;

  constructor(said: readonly Said[]) {
    this.#words = said.map(({ at, text }) => ({ at, word: JSON.parse(text) as ReceiverWord }));
  }

  advance(at: number): void {
    for (; this.#next < this.#words.length; this.#next++) {
      const next = this.#words[this.#next];
      if (!next || next.at >= at) return;
      this.newest.set(next.word.epoch, next.word);
    }
  }
}
