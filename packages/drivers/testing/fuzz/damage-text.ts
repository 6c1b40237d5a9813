import { pick, type Random } from "./random.ts";

/** What one text may be made of beside what is right: words that a parser may trip over. */
export interface TextSeeds {
  readonly valid: readonly string[];
  readonly words: readonly string[];
}

/** Names that objects have already, ends of number ranges, letters of more than one unit. */
const WORDS: readonly string[] = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "",
  "\0",
  "\ud800",
  "😀",
  "\ufeff",
  "％：，",
  "-0",
  "1e999",
  "NaN",
  "18446744073709551616",
  "null",
  "{}",
  "[]",
  "\r\n",
];

/** A text as it is, with words put in, lost, doubled or swapped, of two texts, or of words only. */
export function varyText(random: Random, { valid, words }: TextSeeds): string {
  const kind = random(16);
  const text = pick(random, valid);
  if (kind < 3) return text;
  if (kind < 12) return damageText(text, random, words);
  if (kind < 14) {
    const other = pick(random, valid);
    return text.slice(0, random(text.length + 1)) + other.slice(random(other.length + 1));
  }
  return Array.from({ length: random(12) }, () => wordOf(random, words)).join(
    pick(random, ["", " ", "\n"]),
  );
}

function wordOf(random: Random, words: readonly string[]): string {
  return pick(random, random(2) === 0 && words.length > 0 ? words : WORDS);
}

function damageText(text: string, random: Random, words: readonly string[]): string {
  let damaged = text;
  for (let left = random(3); left >= 0; left--) {
    const from = random(damaged.length + 1);
    const to = Math.min(damaged.length, from + random(random(4) === 0 ? 40 : 4));
    const before = damaged.slice(0, from);
    const after = damaged.slice(to);
    const kind = random(6);
    if (kind === 0) damaged = before;
    else if (kind === 1) damaged = before + after;
    else if (kind === 2) damaged = before + damaged.slice(from, to).repeat(1 + random(8)) + after;
    else if (kind === 3) damaged = before + String.fromCharCode(random(0x300)) + after;
    else damaged = before + wordOf(random, words) + after;
  }
  return damaged;
}
