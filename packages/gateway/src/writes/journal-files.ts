import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { FIRST_CHAIN, type JournalRecord, parseRecord } from "./write-record.ts";

const NAME = /^writes-(\d{12})\.ndjson$/;

/** What a journal's files hold, oldest first. */
export interface ReadJournal {
  readonly records: readonly JournalRecord[];
  /** Lines that are damaged or were changed, as `file:line`. */
  readonly damaged: readonly string[];
  readonly lastFile: string | null;
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
  const files = await journalFiles(directory);
  const records: JournalRecord[] = [];
  const damaged: string[] = [];
  let before: string | null = files[0] === journalFileName(1) ? FIRST_CHAIN : null;
  for (const file of files) {
    const text = await readFile(join(directory, file), "utf8");
    for (const [index, line] of text.split("\n").entries()) {
      if (line === "") continue;
      const record = parseRecord(line, before);
      if (record === null) damaged.push(`${file}:${index + 1}`);
      // What follows a damaged line is chained to something that is not there any more.
      const next = record ?? parseRecord(line, null);
      if (next) records.push(next);
      before = next?.chain ?? null;
    }
  }
  const last = records.at(-1);
  return {
    records,
    damaged,
    lastFile: files.at(-1) ?? null,
    lastChain: last?.chain ?? FIRST_CHAIN,
    lastN: last?.n ?? 0,
  };
}
