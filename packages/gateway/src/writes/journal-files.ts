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
  const damaged: string[] = [];
  let last: JournalRecord | null = null;
  let before: string | null = files[0] === journalFileName(1) ? FIRST_CHAIN : null;
  for (const file of files) {
    const text = await readFile(join(directory, file), "utf8");
    for (const [index, line] of text.split("\n").entries()) {
      if (line === "") continue;
      const record = parseRecord(line, before);
      if (record === null) damaged.push(`${file}:${index + 1}`);
      // What follows a damaged line is chained to something that is not there any more.
      const next: JournalRecord | null = record ?? parseRecord(line, null);
      if (next) tell(next);
      last = next ?? last;
      before = next?.chain ?? null;
    }
  }
  return { damaged, lastChain: last?.chain ?? FIRST_CHAIN, lastN: last?.n ?? 0 };
}
