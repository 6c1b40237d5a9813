import { inspect } from "node:util";
import type { FuzzTarget } from "./fuzz-target.ts";
import { randomOf } from "./random.ts";

/** What became of the frames. */
export interface FuzzCounts {
  readonly answerCount: number;
  readonly refusalCount: number;
  readonly wrongCount: number;
}

export interface FuzzOptions {
  readonly count: number;
  /** The same frames for the same seed. */
  readonly seed: number;
  /** Told before each frame which one comes, from 0. */
  readonly onFrame?: (index: number) => void;
}

/** A parser threw where it should have answered or refused; says which frame, to see it again. */
export class ParserBroke extends Error {
  override name = "ParserBroke";
}

const SHOWN_CHARACTERS_MAX = 2_000;

/** Feeds so many frames to one parser. Rejects with `ParserBroke` at the first it throws at. */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzCounts> {
  const { count, seed, onFrame } = options;
  const random = randomOf(seed);
  const run = target.begin(random);
  const counts = { answer: 0, refusal: 0, wrong: 0 };
  for (let index = 0; index < count; index++) {
    onFrame?.(index);
    const input = run.make(random);
    try {
      const verdict = run.take(input);
      counts[typeof verdict === "string" ? verdict : await verdict]++;
    } catch (cause) {
      const place = `${target.name}, seed ${seed}, frame ${index}`;
      throw new ParserBroke(`${place}: ${String(cause)}; given ${shown(input)}`, { cause });
    }
  }
  const { answer: answerCount, refusal: refusalCount, wrong: wrongCount } = counts;
  return { answerCount, refusalCount, wrongCount };
}

function shown(input: unknown): string {
  const plain = inspect(asHex(input), { depth: 6, maxStringLength: SHOWN_CHARACTERS_MAX });
  return plain.slice(0, SHOWN_CHARACTERS_MAX);
}

function asHex(input: unknown): unknown {
  if (Buffer.isBuffer(input)) return input.toString("hex");
  if (Array.isArray(input)) return input.map(asHex);
  if (input?.constructor !== Object) return input;
  return Object.fromEntries(Object.entries(input).map(([key, part]) => [key, asHex(part)]));
}
