/** Works that must not meet: each begins when the one before has ended, well or not. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** What the work comes to, for whoever asked; the next one is tried for itself. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {
      // Whoever asked was told.
    });
    return turn;
  }

  /** Until all that was taken has ended. */
  async rest(): Promise<void> {
    await this.#last;
  }
}
