import type { Sample } from "@headgate/model";

/** Takes samples, and of each where its point is in the list that was given. */
export type Emit = (samples: Sample[], places: readonly number[]) => void;

/** Gathers what one message of the server brings, so that it is emitted together. */
export class Outbox {
  readonly #emit: Emit;
  #samples: Sample[] = [];
  #places: number[] = [];
  #isOpen = true;
  #isWaiting = false;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  add(place: number, sample: Sample): void {
    if (!this.#isOpen) return;
    this.#samples.push(sample);
    this.#places.push(place);
  }

  /** At once, but with what other messages that are already here bring. */
  flushSoon(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    setImmediate(() => {
      this.#isWaiting = false;
      this.flush();
    });
  }

  flush(): void {
    if (this.#samples.length === 0) return;
    const [samples, places] = [this.#samples, this.#places];
    this.#samples = [];
    this.#places = [];
    this.#emit(samples, places);
  }

  close(): void {
    this.flush();
    this.#isOpen = false;
  }
}
