import { describeError } from "@headgate/model";

/**
 * Tells why nobody answers at an address that was named; of those of a range only how many, since
 * most of a range is nobody's.
 */
export class AbsentHosts {
  readonly #ofRanges: ReadonlySet<string>;
  readonly #note: (text: string) => void;
  #count = 0;

  /** `targets`: what was named, each with its addresses. */
  constructor(targets: readonly (readonly string[])[], note: (text: string) => void) {
    this.#ofRanges = new Set(targets.filter(({ length }) => length > 1).flat());
    this.#note = note;
  }

  tell(address: string, error: unknown): void {
    if (this.#ofRanges.has(address)) this.#count++;
    else this.#note(describeError(error));
  }

  /** All were asked. */
  end(): void {
    if (this.#count === 0) return;
    this.#note(`no answer at ${this.#count} of ${this.#ofRanges.size} addresses`);
  }
}
