/** One 16-bit register in the ways that a technician compares. */
export interface RawWord {
  readonly hex: string;
  readonly unsigned: number;
  readonly signed: number;
  /** Two letters; a dot for what is none. */
  readonly ascii: string;
}

export function rawWord(word: number): RawWord {
  const letter = (code: number) => (code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : "·");
  return {
    hex: word.toString(16).toUpperCase().padStart(4, "0"),
    unsigned: word,
    signed: word > 0x7fff ? word - 0x10000 : word,
    ascii: letter(word >> 8) + letter(word & 0xff),
  };
}
