import type { Cell } from "./cell.ts";
import type { Extras, Rig } from "./rig.ts";

/** Something that goes wrong. */
export interface Fault {
  /** A line for people: what is done. */
  readonly about: string;
  readonly extras?: Extras;
  /** Makes trouble for about `seconds`, ends it, and resolves with how often it struck. */
  strike(rig: Rig, seconds: number): Promise<number>;
  /** Whether the fault can happen in this cell at all. */
  isPossible?(cell: Cell): boolean;
  /** What is not promised there, and why; "" if everything is. */
  notPromised?(cell: Cell): string;
  /** Whether the gateway's log shows that the fault was felt. */
  isEvident?(log: string): boolean;
  /** Recorded gaps are the right answer to this fault. */
  readonly mayHaveGaps?: boolean;
  /** The right answer to this fault begins a new epoch. */
  readonly mayHaveEpochs?: boolean;
  /** Longest time until nothing is left to send. */
  readonly recoveryMsMax?: number;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

/** Does something again and again, with pauses up to `pauseMsMax`, for so many seconds. */
export async function again(
  { rng }: Rig,
  { seconds, pauseMsMax }: { readonly seconds: number; readonly pauseMsMax: number },
  deed: () => Promise<void> | void,
): Promise<number> {
  const endMs = performance.now() + 1000 * seconds;
  let strikes = 0;
  while (performance.now() < endMs) {
    await pause(rng.between(Math.ceil(pauseMsMax / 4), pauseMsMax));
    await deed();
    strikes++;
  }
  return strikes;
}
