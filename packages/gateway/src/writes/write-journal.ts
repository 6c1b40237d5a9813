import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@headgate/model";
import { type JournalEnd, journalFileName, journalFiles, walkJournal } from "./journal-files.ts";
import { type JournalEntry, type JournalRecord, recordLine } from "./write-record.ts";

/** A file that is larger is followed by a new one; older ones than so many are removed. */
const LIMITS = { fileBytesMax: 8 * 1024 * 1024, filesMax: 8 } as const;
/** Steps of writes kept of what was found: of some thousand writes. */
const FOUND_MAX = 5_000;

interface JournalLimits {
  readonly fileBytesMax: number;
  readonly filesMax: number;
}

interface JournalPlace {
  readonly directory: string;
  readonly clock: Clock;
  readonly limits: JournalLimits;
}

/**
 * The append-only log of all writes: what was wanted, what became of it, by whom. One line a step,
 * chained by hashes, so that a line that was changed or taken out shows. Bounded in bytes.
 */
export class WriteJournal {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #limits: JournalLimits;
  /** The last steps of writes as they were found; what is appended is not added. */
  readonly found: readonly JournalRecord[];
  #file: FileHandle | null = null;
  #fileBytes = 0;
  #n: number;
  #chain: string;
  #appending: Promise<unknown> = Promise.resolve();
  /** The file ends with half a line: the next begins one of its own. */
  #isTorn = false;

  private constructor(
    { directory, clock, limits }: JournalPlace,
    found: readonly JournalRecord[],
    { lastN, lastChain }: JournalEnd,
  ) {
    this.#directory = directory;
    this.#clock = clock;
    this.#limits = limits;
    this.found = found;
    this.#n = lastN;
    this.#chain = lastChain;
  }

  static async open(
    directory: string,
    clock: Clock,
    limits: JournalLimits = LIMITS,
  ): Promise<WriteJournal> {
    const found: JournalRecord[] = [];
    const end = await walkJournal(directory, (record) => {
      if (record.kind !== "write") return;
      found.push(record);
      if (found.length > 2 * FOUND_MAX) found.splice(0, FOUND_MAX);
    });
    return new WriteJournal({ directory, clock, limits }, found, end);
  }

  /** Resolves once the line is written; if `isDurable`, once it would survive a power cut. */
  append(entry: JournalEntry, isDurable: boolean): Promise<void> {
    const appended = this.#appending.then(() => this.#append(entry, isDurable));
    // Who appended it is told; the next one tries for itself.
    this.#appending = appended.catch(() => {});
    return appended;
  }

  async close(): Promise<void> {
    await this.#appending;
    await this.#file?.close();
    this.#file = null;
  }

  async #append(entry: JournalEntry, isDurable: boolean): Promise<void> {
    const n = this.#n + 1;
    const at = new Date(this.#clock.nowMs()).toISOString();
    const { line, chain } = recordLine(entry, { n, at, before: this.#chain });
    const file = await this.#fileFor(n);
    const text = this.#isTorn ? `\n${line}` : line;
    // A full disk takes half a line.
    this.#isTorn = true;
    await file.appendFile(text);
    this.#isTorn = false;
    this.#fileBytes += Buffer.byteLength(text);
    this.#n = n;
    this.#chain = chain;
    if (isDurable) await file.datasync();
  }

  async #fileFor(n: number): Promise<FileHandle> {
    const { fileBytesMax, filesMax } = this.#limits;
    if (this.#file && this.#fileBytes < fileBytesMax) return this.#file;
    await this.#file?.close();
    this.#file = null;
    await mkdir(this.#directory, { recursive: true });
    // After a start, too, a new file: what a power cut left of the last line is nobody's beginning.
    const file = await open(join(this.#directory, journalFileName(n)), "a");
    this.#file = file;
    this.#fileBytes = (await file.stat()).size;
    this.#isTorn = this.#fileBytes > 0;
    const folder = await open(this.#directory, "r");
    await folder.sync().finally(() => folder.close());
    const files = await journalFiles(this.#directory);
    for (const old of files.slice(0, -filesMax)) await rm(join(this.#directory, old));
    return file;
  }
}
