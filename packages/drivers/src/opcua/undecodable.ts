/** In the place of a value that is none of what its type says. */
export class Undecodable {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }

  /** For people. */
  get reason(): string {
    return `cannot be decoded: ${this.why}`;
  }
}
