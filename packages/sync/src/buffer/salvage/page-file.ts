import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { committedFrames } from "./write-ahead-log.ts";

const CHUNK_BYTES = 64 * 1024;
const CHUNKS_MAX = 128;
/** Of the buffer's own databases; taken where the file's header says nothing sensible. */
const PAGE_BYTES = 1024;

/** The pages of a database as SQLite last committed them, whatever state its trees are in. */
export class PageFile {
  readonly pageBytes: number;
  readonly pageCount: number;
  /** What a page's end keeps free for others. */
  readonly usableBytes: number;
  readonly damagedFrameCount: number;
  readonly #file: number;
  readonly #log: number | null;
  readonly #frames: ReadonlyMap<number, number>;
  readonly #chunks = new Map<string, Buffer>();

  constructor(path: string) {
    this.#file = openSync(path, "r");
    const header = Buffer.alloc(100);
    readSync(this.#file, header, 0, 100, 0);
    this.pageBytes = pageBytesOf(header);
    const reserved = header[20] as number;
    this.usableBytes = this.pageBytes - (reserved <= 32 ? reserved : 0);
    const { offsets, pageCount, damagedCount } = committedFrames(`${path}-wal`, this.pageBytes);
    this.#frames = offsets;
    this.#log = offsets.size > 0 ? openSync(`${path}-wal`, "r") : null;
    this.damagedFrameCount = damagedCount;
    this.pageCount = Math.max(pageCount, Math.floor(fstatSync(this.#file).size / this.pageBytes));
  }

  /** Null where the file ends before it. */
  page(number: number): Buffer | null {
    if (number < 1 || number > this.pageCount) return null;
    const inLog = this.#frames.get(number);
    if (inLog !== undefined && this.#log !== null) return this.#bytes(this.#log, inLog);
    return this.#bytes(this.#file, (number - 1) * this.pageBytes);
  }

  /** Pages that hold nothing any more, as far as their list can be followed. */
  freePages(): Set<number> {
    const free = new Set<number>();
    let trunk = this.page(1)?.readUInt32BE(32) ?? 0;
    while (trunk !== 0 && !free.has(trunk)) {
      const page = this.page(trunk);
      if (!page) break;
      free.add(trunk);
      const count = page.readUInt32BE(4);
      if (count > this.usableBytes / 4 - 2) break;
      for (let at = 0; at < count; at++) free.add(page.readUInt32BE(8 + 4 * at));
      trunk = page.readUInt32BE(0);
    }
    return free;
  }

  close(): void {
    closeSync(this.#file);
    if (this.#log !== null) closeSync(this.#log);
  }

  #bytes(file: number, offset: number): Buffer | null {
    const first = offset - (offset % CHUNK_BYTES);
    const within = offset - first;
    const head = this.#chunk(file, first).subarray(within, within + this.pageBytes);
    if (head.length === this.pageBytes) return head;
    // Pages of a log cross the borders of chunks.
    const rest = this.#chunk(file, first + CHUNK_BYTES).subarray(0, this.pageBytes - head.length);
    const page = Buffer.concat([head, rest]);
    return page.length === this.pageBytes ? page : null;
  }

  #chunk(file: number, offset: number): Buffer {
    const key = `${file}/${offset}`;
    const known = this.#chunks.get(key);
    if (known) return known;
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const read = readSync(file, chunk, 0, CHUNK_BYTES, offset);
    for (const oldest of this.#chunks.keys()) {
      if (this.#chunks.size < CHUNKS_MAX) break;
      this.#chunks.delete(oldest);
    }
    const kept = chunk.subarray(0, read);
    this.#chunks.set(key, kept);
    return kept;
  }
}

function pageBytesOf(header: Buffer): number {
  const told = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  const isMagic = header.subarray(0, 15).toString("latin1") === "SQLite format 3";
  const isPower = told >= 512 && (told & (told - 1)) === 0;
  return isMagic && isPower ? told : PAGE_BYTES;
}
