import { Refused } from "@headgate/model";
import { z } from "zod";
import { isBackedUp } from "./backed-up.ts";

// What is sealed: for each file the length of its head (4 bytes, big-endian), the head in JSON, and
// its bytes; a length of 0 ends it all.

const HEAD_BYTES_MAX = 4096;
const LENGTH_BYTES = 4;
const ENTRIES_MAX = 500_000;
const PATH_CHARACTERS_MAX = 1000;
const PATH_BYTES_MAX = 3000;
const FILE_BYTES_MAX = 2 ** 42;

const headSchema = z.strictObject({
  path: z.string().min(1).max(PATH_CHARACTERS_MAX),
  bytes: z.int().min(0).max(FILE_BYTES_MAX),
});

/** A file of a backup, by its path in there. */
export type EntryHead = z.infer<typeof headSchema>;

/** A file to be put into one. */
export interface Entry extends EntryHead {
  /** Gives exactly `bytes` bytes. */
  readonly read: () => AsyncIterable<Uint8Array>;
}

/** Takes the files of a backup, one after the other. */
export interface EntrySink {
  begin(head: EntryHead): Promise<void>;
  write(piece: Buffer): Promise<void>;
  end(): Promise<void>;
}

/** All files as the bytes that are sealed. */
export async function* packEntries(
  entries: AsyncIterable<Entry> | Iterable<Entry>,
): AsyncGenerator<Uint8Array> {
  const heads = new Heads();
  for await (const { path, bytes, read } of entries) {
    const wrong = heads.wrongIn({ path, bytes });
    if (wrong !== null) throw new Refused(`back up: ${wrong}; rename or remove it, and try again`);
    const head = Buffer.from(JSON.stringify({ path, bytes }));
    yield Buffer.concat([lengthOf(head.length), head]);
    yield* read();
  }
  yield lengthOf(0);
}

/** The files of one backup, by their heads: the same for writing and for reading. */
class Heads {
  readonly #seen = new Set<string>();

  /** What is wrong with the next one; null where nothing is. */
  wrongIn(head: EntryHead): string | null {
    const { path } = head;
    const isShort = headSchema.safeParse(head).success && Buffer.byteLength(path) <= PATH_BYTES_MAX;
    if (!isShort || !isBackedUp(path)) return `${JSON.stringify(path)} has no place in a backup`;
    const name = path.normalize();
    if (this.#seen.has(name)) return `${JSON.stringify(path)} is there twice`;
    this.#seen.add(name);
    return this.#seen.size > ENTRIES_MAX ? `it has more than ${ENTRIES_MAX} files` : null;
  }
}

function lengthOf(bytes: number): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(bytes);
  return length;
}

/** Gives each file to `sink`; `Refused` where it is no backup of ours, or not a whole one. */
export async function unpackEntries(
  pieces: AsyncIterable<Buffer> | Iterable<Buffer>,
  sink: EntrySink,
): Promise<void> {
  const splitter = new Splitter(sink);
  for await (const piece of pieces) await splitter.take(piece);
  splitter.end();
}

type Step = "length" | "head" | "file" | "ended";

class Splitter {
  readonly #sink: EntrySink;
  readonly #heads = new Heads();
  #step: Step = "length";
  #left = LENGTH_BYTES;
  #gathered: Buffer[] = [];

  constructor(sink: EntrySink) {
    this.#sink = sink;
  }

  async take(given: Buffer): Promise<void> {
    let piece = given;
    while (piece.length > 0) {
      if (this.#step === "ended") throw malformed("something stands behind its end");
      const own = piece.subarray(0, this.#left);
      this.#left -= own.length;
      piece = piece.subarray(own.length);
      if (this.#step === "file") await this.#sink.write(own);
      else this.#gathered.push(own);
      if (this.#left === 0) await this.#next();
    }
  }

  end(): void {
    if (this.#step !== "ended") throw malformed("it ends too early");
  }

  async #next(): Promise<void> {
    const gathered = Buffer.concat(this.#gathered);
    this.#gathered = [];
    if (this.#step === "length") return this.#beginHead(gathered.readUInt32BE());
    if (this.#step === "file") return await this.#endFile();
    const head = this.#headOf(gathered);
    await this.#sink.begin(head);
    this.#step = "file";
    this.#left = head.bytes;
    if (head.bytes === 0) await this.#endFile();
  }

  #beginHead(bytes: number): void {
    if (bytes > HEAD_BYTES_MAX) throw malformed("a head is too long");
    this.#step = bytes === 0 ? "ended" : "head";
    this.#left = bytes;
  }

  async #endFile(): Promise<void> {
    await this.#sink.end();
    this.#step = "length";
    this.#left = LENGTH_BYTES;
  }

  #headOf(bytes: Buffer): EntryHead {
    const head = parsed(bytes);
    const wrong = this.#heads.wrongIn(head);
    if (wrong !== null) throw malformed(wrong);
    return head;
  }
}

function parsed(bytes: Buffer): EntryHead {
  try {
    return headSchema.parse(JSON.parse(bytes.toString("utf8")));
  } catch (cause) {
    throw new Refused("the backup cannot be understood: a head is none", { cause });
  }
}

function malformed(what: string): Refused {
  return new Refused(`the backup cannot be understood: ${what}`);
}
