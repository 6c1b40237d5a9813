/** Punctuation of a Chinese keyboard on one line, where YAML wants its own. */
export interface FullWidth {
  /** Of the first one, in the text as written. */
  readonly offset: number;
  /** "：，". */
  readonly written: string;
  /** ": ,". */
  readonly meant: string;
}

/** A text as it was meant, to look for further mistakes in it. */
export interface Repaired {
  readonly text: string;
  readonly mistakes: readonly FullWidth[];
  /** The place in the text as written. */
  originalOffset(offset: number): number;
}

const PLAIN: Readonly<Record<string, string>> = {
  "：": ":",
  "，": ",",
  "“": '"',
  "”": '"',
  "‘": "'",
  "’": "'",
  "（": "(",
  "）": ")",
  "｛": "{",
  "｝": "}",
  "［": "[",
  "］": "]",
  "【": "[",
  "】": "]",
  "\u3000": " ",
};
const WIDE = /[：，“”‘’（）｛｝［］【】\u3000]/g;

// A quoted text, a comment and a name may hold any: 七号牧场（北）.
const FREE = new RegExp(
  [
    /"(?:[^"\\]|\\.)*"/,
    /'(?:[^']|'')*'/,
    /(?<=^|\s)#.*$/,
    // Up to where the next key begins, or its map ends.
    /(?<=\b(?:name|unit|zh)\s*[:：]\s*)(?=[^\s{"'])(?:(?!，\s*[\w-]+\s*[:：])[^,}｝])+/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "g",
);

/** Puts YAML's own punctuation in place of full-width one that is not part of a text. */
export function repairFullWidth(text: string): Repaired {
  const mistakes: FullWidth[] = [];
  const inserted: number[] = [];
  let offset = 0;
  let length = 0;
  const lines = text.split("\n").map((line) => {
    const places = wrongPlaces(line);
    const { repaired, spaces } = repairLine(line, places);
    if (places.length > 0) mistakes.push(mistakeOf(line, places, offset));
    inserted.push(...spaces.map((at) => length + at));
    offset += line.length + 1;
    length += repaired.length + 1;
    return repaired;
  });
  return {
    text: lines.join("\n"),
    mistakes,
    originalOffset: (at) => at - inserted.filter((space) => space < at).length,
  };
}

/** A colon ends a key only with a space behind it: where there was none, one is put in. */
function repairLine(line: string, places: readonly number[]) {
  const spaces: number[] = [];
  let repaired = "";
  let done = 0;
  for (const at of places) {
    const plain = PLAIN[line[at] ?? ""] ?? "";
    repaired += line.slice(done, at) + plain;
    done = at + 1;
    if (plain !== ":" || done === line.length || /\s/.test(line[done] ?? "")) continue;
    spaces.push(repaired.length);
    repaired += " ";
  }
  return { repaired: repaired + line.slice(done), spaces };
}

function wrongPlaces(line: string): number[] {
  if (line.search(WIDE) < 0) return [];
  const free = [...line.matchAll(FREE)].map(({ index, 0: part }) => {
    return { from: index, to: index + part.length };
  });
  const places = [...line.matchAll(WIDE)].map(({ index }) => index);
  // Both in the order of the line: none is looked at twice.
  let next = 0;
  return places.filter((at) => {
    while ((free[next]?.to ?? Number.POSITIVE_INFINITY) <= at) next++;
    return at < (free[next]?.from ?? Number.POSITIVE_INFINITY);
  });
}

function mistakeOf(line: string, places: readonly number[], offset: number): FullWidth {
  const written = [...new Set(places.map((at) => line[at] ?? ""))];
  const meant = new Set(written.map((character) => PLAIN[character]?.trim() || "space"));
  return {
    offset: offset + (places[0] ?? 0),
    written: written.join(""),
    meant: [...meant].join(" "),
  };
}
