const DELIMITERS = [",", ";", "\t"];
/** Above the titles may stand a heading. */
const HEAD_LINES_MAX = 20;

/** The text of a file as spreadsheets write it: UTF-8 or UTF-16 with a mark, else GB 18030. */
export function decodeText(bytes: Uint8Array): string {
  const mark = bytes.length < 2 ? "" : Buffer.from(bytes.subarray(0, 2)).toString("hex");
  if (mark === "fffe") return new TextDecoder("utf-16le").decode(bytes); // Excel's "Unicode text".
  if (mark === "feff") return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes); // What Excel writes in China.
  }
}

/** Rows of cells; the delimiter is what one of the first lines has most of, or says: `sep=;`. */
export function readCsv(whole: string): string[][] {
  const said = /^\uFEFF?sep=(.)\r?\n/.exec(whole);
  const text = said ? whole.slice(said[0].length) : whole;
  const delimiter = said?.[1] ?? likelyDelimiter(text);
  const { rows, openQuoteAt } = parse(text, delimiter, text.length);
  // A quote that is never closed stands for itself: 5" pipe. It must not swallow the rows below.
  const all = openQuoteAt === null ? rows : parse(text, delimiter, openQuoteAt).rows;
  // As the spreadsheet counts them.
  return said ? [[], ...all] : all;
}

function likelyDelimiter(text: string): string {
  const lines = text.split(/\r?\n/, HEAD_LINES_MAX);
  const most = (one: string) => Math.max(...lines.map((line) => line.split(one).length));
  const counts = DELIMITERS.map(most);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ",";
}

interface Parsed {
  readonly rows: string[][];
  /** Of a quote that is never closed. */
  readonly openQuoteAt: number | null;
}

/** From `literalFrom` on quotes are letters like others. */
function parse(text: string, delimiter: string, literalFrom: number): Parsed {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoteAt: number | null = null;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] as string;
    if (quoteAt !== null) {
      if (letter !== '"') cell += letter;
      else if (text[at + 1] === '"') cell += text[++at];
      else quoteAt = null;
    } else if (letter === '"' && cell === "" && at < literalFrom) quoteAt = at;
    else if (letter === delimiter) {
      row.push(cell);
      cell = "";
    } else if (letter === "\n") {
      rows.push([...row, cell.replace(/\r$/, "")]);
      row = [];
      cell = "";
    } else cell += letter;
  }
  if (cell !== "" || row.length > 0) rows.push([...row, cell]);
  return { rows, openQuoteAt: quoteAt };
}

/** Rows as a spreadsheet opens them: with a mark of UTF-8, cells quoted where they must be. */
export function writeCsv(rows: readonly (readonly string[])[]): string {
  const quoted = (cell: string) =>
    /[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  return `\uFEFF${rows.map((row) => row.map(quoted).join(",")).join("\r\n")}\r\n`;
}
