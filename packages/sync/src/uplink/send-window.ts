/** Slots for messages on the way; the server may ask for fewer. First come, first served. */
export class SendWindow {
  #size: number;
  readonly #sizeMax: number;
  #used = 0;
  #waiting: (() => void)[] = [];
  /** Messages taken since the size last changed. */
  #takenCount = 0;

  constructor(size: number, sizeMax = size) {
    this.#size = Math.max(1, size);
    this.#sizeMax = Math.max(1, sizeMax);
  }

  get size(): number {
    return this.#size;
  }

  /** A slot, once there is one. Must be given back. */
  async enter(): Promise<void> {
    if (this.#used < this.#size) {
      this.#used++;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Gives the slot back. */
  leave(): void {
    this.#used--;
    this.#admit();
  }

  /** The server asks for less. */
  shrink(): void {
    this.#size = Math.max(1, Math.floor(this.#size / 2));
    this.#takenCount = 0;
  }

  /** A message was taken: after many in a row the window grows by one again. */
  grow(): void {
    if (this.#size >= this.#sizeMax || ++this.#takenCount < 10 * this.#size) return;
    this.#size++;
    this.#takenCount = 0;
    this.#admit();
  }

  #admit(): void {
    while (this.#used < this.#size) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#used++;
      next();
    }
  }
}
