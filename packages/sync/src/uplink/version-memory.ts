export type Version = 4 | 5;

/** So often 3.1.1 must work where 5 met a close or silence before it is the server's own. */
const GUESSES_MAX = 3;
/** So often in a row a server that spoke 5 must give no word before 3.1.1 is tried. */
const MISSES_MAX = 10;

/**
 * Which version of MQTT a server is met with. One that closes without a word may be a proxy whose
 * server is just away: 3.1.1, which has no reason codes, is not for good then. Pure.
 */
export class VersionMemory {
  #known: Version | null = null;
  #next: Version = 5;
  #guesses = 0;
  #misses = 0;

  get first(): Version {
    return this.#known === 4 ? 4 : this.#next;
  }

  /** Whether 3.1.1 is worth a try at once. `isSaid`: the server itself refused the version. */
  mayFallBack(version: Version, isSaid: boolean): boolean {
    return version === 5 && (isSaid || this.#known !== 5);
  }

  connected(version: Version, isSaid: boolean): void {
    this.#next = 5;
    this.#misses = 0;
    if (version === 5) {
      this.#known = 5;
      this.#guesses = 0;
    } else if (isSaid || ++this.#guesses >= GUESSES_MAX) this.#known = 4;
  }

  /** The server was there and gave no word: versions take turns. */
  unanswered(version: Version): void {
    if (this.#known === 5 && ++this.#misses < MISSES_MAX) return;
    this.#known = null;
    this.#next = version === 5 ? 4 : 5;
  }
}
