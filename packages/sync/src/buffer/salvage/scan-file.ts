import type { PointList, Stream } from "@headgate/model";
import { pointListOf } from "../../block/hash.ts";
import { type RowPlace, rowsOfPage, valuesOf } from "./leaf-rows.ts";
import type { PageFile } from "./page-file.ts";

/** An epoch as a row of the file tells it: believed only if a block's seal agrees. */
export interface EpochName {
  readonly stream: Stream;
  readonly epoch: string;
}

/** Where a row stands that may be a block. */
export interface BlockPlace {
  readonly id: number;
  readonly page: number;
  /** Among the rows of the page. */
  readonly index: number;
}

/** What all pages of a file hold, in whatever tree they hang. */
export interface FileScan {
  /** By the number that ids begin with. */
  readonly epochs: ReadonlyMap<number, readonly EpochName[]>;
  /** Proved by their own hash. */
  readonly lists: readonly PointList[];
  /** Hashes of lists that cannot be read. */
  readonly lostListCount: number;
  /** Ascending by id; an id may come more than once. */
  readonly places: readonly BlockPlace[];
  readonly pageCount: number;
}

const PAGES_PER_TELLING = 65_536;
const STREAMS: ReadonlySet<string> = new Set<Stream>(["main", "media"]);

/** Looks at every page. `tell` hears how many were looked at. */
export function scanFile(file: PageFile, tell: (pages: number) => void): FileScan {
  const epochs = new Map<number, EpochName[]>();
  const lists = new Map<string, PointList>();
  const places: BlockPlace[] = [];
  const free = file.freePages();
  let lostListCount = 0;
  for (let page = 1; page <= file.pageCount; page++) {
    if (page % PAGES_PER_TELLING === 0) tell(page);
    if (free.has(page)) continue;
    for (const [index, row] of rowsOfPage(file, page).entries()) {
      if (isBlockShape(row)) places.push({ id: row.rowId, page, index });
      else if (isEpochShape(row) || isCopyShape(row)) noteEpoch(epochs, row, file);
      else if (isListShape(row)) {
        const list = listOf(file, row);
        if (list) lists.set(list.hash, list);
        else lostListCount++;
      }
    }
  }
  places.sort((one, other) => one.id - other.id);
  return { epochs, lists: [...lists.values()], lostListCount, places, pageCount: file.pageCount };
}

const isText = (type: number | undefined) => type !== undefined && type >= 13 && type % 2 === 1;
const isBlob = (type: number | undefined) => type !== undefined && type >= 12 && type % 2 === 0;
const isWhole = (type: number | undefined) =>
  type !== undefined && ((type >= 1 && type <= 6) || type === 8 || type === 9);
/** Of 16 hex digits. */
const HASH_TYPE = 13 + 2 * 16;

const BLOCK_SHAPE = [isWhole, isWhole, isWhole, isWhole];

/** id, kind, samples, from, to, list, hash, name, bytes, body, clock, seal. */
function isBlockShape({ types, isIndex }: RowPlace): boolean {
  if (isIndex || types.length < 12 || types[0] !== 0 || !isText(types[1])) return false;
  const areWhole = BLOCK_SHAPE.every((is, at) => is(types[2 + at]));
  if (!areWhole || types[6] !== HASH_TYPE || !isText(types[7]) || !isWhole(types[8])) return false;
  return isBlob(types[9]) && isText(types[10]) && isWhole(types[11]);
}

/** no, stream, epoch, next, is_current. */
function isEpochShape({ types, isIndex }: RowPlace): boolean {
  if (isIndex || types.length < 5 || types[0] !== 0) return false;
  return isText(types[1]) && isText(types[2]) && isWhole(types[3]) && isWhole(types[4]);
}

/** no, hash, ids. */
function isListShape({ types, isIndex }: RowPlace): boolean {
  return !isIndex && types.length === 3 && types[1] === HASH_TYPE && isText(types[2]);
}

/** key "epoch/no", value "stream epoch": the epoch once more, elsewhere in the file. */
function isCopyShape({ types, isIndex }: RowPlace): boolean {
  return isIndex && types.length === 2 && isText(types[0]) && isText(types[1]);
}

function noteEpoch(epochs: Map<number, EpochName[]>, row: RowPlace, file: PageFile): void {
  const values = valuesOf(file, row);
  if (!values) return;
  const { no, stream, epoch } = row.isIndex ? copyOf(values) : rowOf(row.rowId, values);
  if (!Number.isSafeInteger(no) || !STREAMS.has(stream) || epoch === "") return;
  const known = epochs.get(no) ?? [];
  if (known.some((one) => one.stream === stream && one.epoch === epoch)) return;
  epochs.set(no, [...known, { stream: stream as Stream, epoch }]);
}

function rowOf(no: number, [, stream, epoch]: readonly unknown[]) {
  return { no, stream: String(stream), epoch: String(epoch) };
}

function copyOf([key, value]: readonly unknown[]) {
  const [, no = ""] = /^epoch\/(\d+)$/.exec(String(key)) ?? [];
  const [stream = "", epoch = ""] = String(value).split(" ");
  return { no: no === "" ? Number.NaN : Number(no), stream, epoch };
}

function listOf(file: PageFile, row: RowPlace): PointList | null {
  const values = valuesOf(file, row);
  if (!values) return null;
  const [, hash, ids] = values;
  try {
    const parsed: unknown = JSON.parse(String(ids));
    const isIds = Array.isArray(parsed) && parsed.every((id) => typeof id === "string");
    const list = isIds ? pointListOf(parsed) : null;
    return list?.hash === hash ? list : null;
  } catch {
    // Not the JSON that was written: the list is lost.
    return null;
  }
}
