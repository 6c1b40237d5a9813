import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { FIRST_CHAIN, type JournalRecord, parseRecord } from "./write-record.ts";

const NAME = /^writes-(\d{12})\.ndjson$/;

/** What a journal's files hold, oldest first. */
export interface ReadJournal extends JournalEnd {
  readonly records: readonly JournalRecord[];
}

/** How a journal ends, and whether it is whole. */
export interface JournalEnd {
  /** Lines that are damaged or were changed, as `file:line`. */
  readonly damaged: readonly string[];
  /** Lines that a power cut or a full disk left half, and that the chain goes on without. */
  readonly cut: readonly string[];
  readonly lastChain: string;
  readonly lastN: number;
}

/** The files of a journal, oldest first: each is named after its first record's number. */
export async function journalFiles(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names.filter((name) => NAME.test(name)).toSorted();
}

export function journalFileName(firstN: number): string {
  return `writes-${String(firstN).padStart(12, "0")}.ndjson`;
}

/** Reads all of it. What is older than the oldest file was removed to bound the journal. */
export async function readJournal(directory: string): Promise<ReadJournal> {
  const records: JournalRecord[] = [];
  return { ...(await walkJournal(directory, (record) => records.push(record))), records };
}

/** Tells each record in its turn: all together they may be more than memory should hold. */
export async function walkJournal(
  directory: string,
  tell: (record: JournalRecord) => void,
): Promise<JournalEnd> {
  const files = await journalFiles(directory);
  const walk = new Walk(files[0] === journalFileName(1) ? FIRST_CHAIN : null, tell);
  for (const file of files) {
    const text = await readFile(join(directory, file), "utf8");
    const lines = text.split("\n");
    for (const [index, line] of lines.entries()) {
      if (line !== "") walk.take(line, `${file}:${index + 1}`);
    }
    walk.isCut = lines.at(-1) !== "";
  }
  return walk.end();
}

/** One line after the other. */
class Walk {
  readonly #tell: (record: JournalRecord) => void;
  readonly #damaged: string[] = [];
  readonly #cut: string[] = [];
  /** No records: whether the chain goes on without them, the next line tells. */
  #halves: string[] = [];
  #before: string | null;
  #last: JournalRecord | null = null;
  /** What was read last does not end with its line. */
  isCut = false;

  constructor(before: string | null, tell: (record: JournalRecord) => void) {
    this.#before = before;
    this.#tell = tell;
  }

  take(line: string, place: string): void {
    const proved = parseRecord(line, this.#before);
    const record = proved ?? parseRecord(line, null);
    if (record === null) {
      this.#halves.push(place);
      return;
    }
    const isProved = proved !== null && this.#before !== null;
    if (this.#halves.length > 0) this.#endHalves(isProved ? this.#cut : this.#damaged);
    // What follows a damaged line is chained to something that is not there any more.
    else if (proved === null) this.#damaged.push(place);
    this.#tell(record);
    this.#last = record;
    this.#before = record.chain;
  }

  end(): JournalEnd {
    this.#endHalves(this.isCut ? this.#cut : this.#damaged);
    const { chain = FIRST_CHAIN, n = 0 } = this.#last ?? {};
    return { damaged: this.#damaged, cut: this.#cut, lastChain: chain, lastN: n };
  }

  #endHalves(list: string[]): void {
    list.push(...this.#halves);
    this.#halves = [];
  }
}
