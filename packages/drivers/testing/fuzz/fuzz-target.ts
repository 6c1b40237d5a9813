import type { Random } from "./random.ts";

/** "answer": it was taken; "refusal": told to be none; "wrong": taken for what it is not. */
export type Verdict = "answer" | "refusal" | "wrong";

/** One parser while it is fuzzed: what it keeps between frames it keeps here, too. */
export interface FuzzRun<Input> {
  make(random: Random): Input;
  /** Throws what the parser throws: whatever that is, it should not have. */
  take(input: Input): Verdict | Promise<Verdict>;
}

/** A parser of what devices, programs or people give us. */
export interface FuzzTarget {
  readonly name: string;
  /** Of a million frames so many may pass for what they are not: sums of few bits let some. */
  readonly wrongPerMillionMax: number;
  /** Parsers of whole files take long for one; they are given this part of the frames. */
  readonly share: number;
  begin(random: Random): FuzzRun<unknown>;
}

/** A target; mostly nothing wrong may pass. */
export function target<Input>(
  name: string,
  begin: (random: Random) => FuzzRun<Input>,
  { wrongPerMillionMax = 0, share = 1 } = {},
): FuzzTarget {
  // Each run is fed only what it made itself.
  return { name, wrongPerMillionMax, share, begin: begin as (random: Random) => FuzzRun<unknown> };
}
