import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  type Block,
  Misconfigured,
  type PointList,
  type Thinned,
  Unreachable,
} from "@headgate/model";
import { decodeColumns } from "../../block/decode.ts";
import { MalformedBlock } from "../../block/format.ts";
import { hashOf } from "../../block/hash.ts";
import { decodeThinned } from "../../block/thinned-body.ts";
import { sealOf } from "../block-seal.ts";
import { clockOfText } from "../clock-text.ts";
import { SEQS_PER_EPOCH } from "../schema.ts";
import { codeOf } from "../sqlite.ts";
import { sealOfThinned } from "../thinned-table.ts";
import { type Column, rowsOfPage, valuesOf } from "./leaf-rows.ts";
import { PageFile } from "./page-file.ts";
import { type BlockPlace, type FileScan, scanFile } from "./scan-file.ts";

/** A block proved to be what was once committed, under the name it was committed with. */
export interface SalvagedBlock extends Block {
  /** The list that its indexes refer to; null for a block without points. */
  readonly pointList: PointList | null;
  /** Of a picture: its file's name and size, and whether its bytes were found and are right. */
  readonly media: {
    readonly name: string;
    readonly bytes: number;
    readonly file: Uint8Array | null;
  } | null;
}

/** A thinned entry, likewise. */
export interface SalvagedThinned extends Thinned {
  readonly pointList: PointList;
}

/** What a salvage came to. */
export interface SalvageCounts {
  blocks: number;
  samples: number;
  /** Entries of minutes that were proved, and the numbers of blocks that they stand for. */
  thinned: number;
  thinnedBlocks: number;
  /** Rows that look like blocks but cannot be proved: damaged, or of a list or epoch lost. */
  unproved: number;
  /** Rows of blocks whose picture is gone. */
  withoutPicture: number;
}

/** A damaged or set-aside database file, read page by page. */
export class Salvage {
  readonly counts: SalvageCounts = {
    blocks: 0,
    samples: 0,
    thinned: 0,
    thinnedBlocks: 0,
    unproved: 0,
    withoutPicture: 0,
  };
  readonly #file: PageFile;
  readonly #scan: FileScan;
  readonly #lists = new Map<string, PointList>();
  readonly #mediaDirectory: string;
  #unprovedThinned = 0;

  constructor(path: string, lists: readonly PointList[], tell: (text: string) => void) {
    this.#file = openPages(path);
    this.#mediaDirectory = join(dirname(path), "media");
    const mib = (pages: number) => Math.round((pages * this.#file.pageBytes) / 2 ** 20);
    const total = mib(this.#file.pageCount);
    this.#scan = scanFile(this.#file, (pages) => tell(`${mib(pages)} of ${total} MiB scanned`));
    for (const list of [...lists, ...this.#scan.lists]) this.#lists.set(list.hash, list);
  }

  /** Nothing in the file looks like a part of a buffer. */
  get isForeign(): boolean {
    const { epochs, lists, places, thinnedPlaces } = this.#scan;
    return epochs.size + lists.length + places.length + thinnedPlaces.length === 0;
  }

  get pageCount(): number {
    return this.#scan.pageCount;
  }

  /** How far the numbers of an epoch were given, as its row tells; 0 where it is lost. */
  nextOf(epoch: string): number {
    return this.#scan.nexts.get(epoch) ?? 0;
  }

  /** Every block that can be proved, once, by epoch and number. */
  *blocks(): Generator<SalvagedBlock> {
    const unproved = this.#unprovedThinned;
    const counts = { blocks: 0, samples: 0, unproved, withoutPicture: 0 };
    Object.assign(this.counts, counts);
    let done = Number.NaN;
    let failed = Number.NaN;
    for (const place of this.#scan.places) {
      if (place.id === done) continue;
      const block = this.#proved(place);
      if (!block) {
        if (place.id !== failed) this.counts.unproved++;
        failed = place.id;
        continue;
      }
      if (failed === place.id) this.counts.unproved--;
      done = place.id;
      if (block.media && !block.media.file) {
        this.counts.withoutPicture++;
        continue;
      }
      this.counts.blocks++;
      this.counts.samples += block.sampleCount;
      yield block;
    }
  }

  /** Every thinned entry that can be proved, by epoch and number. To be asked before the blocks. */
  thinned(): SalvagedThinned[] {
    const found = new Map<number, SalvagedThinned>();
    for (const place of this.#scan.thinnedPlaces) {
      const entry = this.#provedThinned(place);
      if (entry) found.set(place.id, entry);
    }
    this.#unprovedThinned = new Set(this.#scan.thinnedPlaces.map(({ id }) => id)).size - found.size;
    const numbers = [...found.values()].map(({ first, last }) => last - first + 1);
    this.counts.thinned = numbers.length;
    this.counts.thinnedBlocks = numbers.reduce((sum, count) => sum + count, 0);
    return [...found.values()];
  }

  close(): void {
    this.#file.close();
  }

  #provedThinned({ id, page, index }: BlockPlace): SalvagedThinned | null {
    const row = rowsOfPage(this.#file, page)[index];
    const values = row && valuesOf(this.#file, row);
    if (!values) return null;
    const [, last, samples, kept, from, to, , hash, body, seal, clockText] = values;
    const clock = clockOfText(String(clockText));
    const counts = { sampleCount: Number(samples), keptCount: Number(kept) };
    const range = { first: id % SEQS_PER_EPOCH, last: Number(last) };
    const times = { fromMs: Number(from), toMs: Number(to), ...(clock ? { clock } : {}) };
    const about = { ...range, ...counts, ...times, hash: String(hash) };
    if (!isThinnedSound(body as Uint8Array, about)) return null;
    for (const name of this.#scan.epochs.get(Math.floor(id / SEQS_PER_EPOCH)) ?? []) {
      for (const pointList of this.#lists.values()) {
        const named = { ...about, ...name, schemaHash: pointList.hash };
        if (sealOfThinned(named) !== seal) continue;
        return { kind: "thinned", ...named, body: body as Uint8Array, pointList };
      }
    }
    return null;
  }

  #proved({ id, page, index }: BlockPlace): SalvagedBlock | null {
    const row = rowsOfPage(this.#file, page)[index];
    const values = row && valuesOf(this.#file, row);
    if (!values) return null;
    const fields = fieldsOf(values);
    const seq = id % SEQS_PER_EPOCH;
    const name = this.#nameOf({ ...fields, seq }, Math.floor(id / SEQS_PER_EPOCH));
    if (!name) return null;
    const { body, seal, clock: clockText, mediaName, mediaBytes, ...about } = fields;
    const pointList = this.#lists.get(name.schemaHash) ?? null;
    const clock = clockOfText(clockText);
    const block = { ...about, ...name, seq, body, pointList, ...(clock ? { clock } : {}) };
    if (mediaName === "") return isSound(block) ? { ...block, media: null } : null;
    const file = this.#pictureOf(mediaName, mediaBytes);
    const isRight = file !== null && hashOf(Buffer.concat([body, file])) === about.hash;
    return { ...block, media: { name: mediaName, bytes: mediaBytes, file: isRight ? file : null } };
  }

  /** The epoch and the point list with which the row's seal agrees. */
  #nameOf(fields: Fields & { seq: number }, no: number) {
    for (const epoch of this.#scan.epochs.get(no) ?? []) {
      for (const schemaHash of fields.kind === "data" ? this.#lists.keys() : [""]) {
        if (sealOf({ ...fields, ...epoch, schemaHash }) !== fields.seal) continue;
        return { ...epoch, schemaHash };
      }
    }
    return null;
  }

  #pictureOf(name: string, bytes: number): Uint8Array | null {
    const path = join(this.#mediaDirectory, name);
    try {
      const file = existsSync(path) ? readFileSync(path) : null;
      return file?.length === bytes ? file : null;
    } catch {
      // Unreadable is as good as gone: it is counted.
      return null;
    }
  }
}

type Fields = ReturnType<typeof fieldsOf>;

function fieldsOf([, kind, samples, from, to, , hash, name, bytes, body, clock, seal]: Column[]) {
  return {
    kind: kind as Block["kind"],
    sampleCount: Number(samples),
    fromMs: Number(from),
    toMs: Number(to),
    hash: String(hash),
    mediaName: String(name),
    mediaBytes: Number(bytes),
    body: body as Uint8Array,
    clock: String(clock),
    seal: Number(seal),
  };
}

/** The seal proves what the row says; this proves the body, and that it can be read. */
function isSound({ kind, body, hash, sampleCount }: Block): boolean {
  if (hashOf(body) !== hash) return false;
  if (kind !== "data") return true;
  try {
    return decodeColumns(body).sampleCount === sampleCount;
  } catch (error) {
    if (error instanceof MalformedBlock) return false;
    throw error;
  }
}

function isThinnedSound(body: Uint8Array, { hash, first, last }: Proof): boolean {
  if (hashOf(body) !== hash) return false;
  try {
    decodeThinned(body, last - first + 1);
    return true;
  } catch (error) {
    if (error instanceof MalformedBlock) return false;
    throw error;
  }
}

type Proof = Pick<Thinned, "hash" | "first" | "last">;

function openPages(path: string): PageFile {
  try {
    return new PageFile(path);
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") {
      throw new Misconfigured(`salvage "${path}": there is no such file; check the path`);
    }
    throw new Unreachable(`salvage "${path}": ${codeOf(cause)}; check disk and permissions`, {
      cause,
    });
  }
}
