import { type PointList, STREAMS, type Stream } from "@headgate/model";
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
  /** The number that an epoch's next block would have got, by epoch. Not proved. */
  readonly nexts: ReadonlyMap<string, number>;
  /** Proved by their own hash. */
  readonly lists: readonly PointList[];
  /** Ascending by id; an id may come more than once. */
  readonly places: readonly BlockPlace[];
  /** The same of what may be thinned entries. */
  readonly thinnedPlaces: readonly BlockPlace[];
  readonly pageCount: number;
}

const PAGES_PER_TELLING = 65_536;

/** Looks at every page. `tell` hears how many were looked at. */
export function scanFile(file: PageFile, tell: (pages: number) => void): FileScan {
  const epochs = new Map<number, EpochName[]>();
  const nexts = new Map<string, number>();
  const lists = new Map<string, PointList>();
  const places: BlockPlace[] = [];
  const thinnedPlaces: BlockPlace[] = [];
  const free = file.freePages();
  for (let page = 1; page <= file.pageCount; page++) {
    if (page % PAGES_PER_TELLING === 0) tell(page);
    if (free.has(page)) continue;
    for (const [index, row] of rowsOfPage(file, page).entries()) {
      if (isBlockShape(row)) places.push({ id: row.rowId, page, index });
      else if (isThinnedShape(row)) thinnedPlaces.push({ id: row.rowId, page, index });
      else if (isEpochShape(row) || isCopyShape(row)) noteEpoch({ epochs, nexts }, row, file);
      if (isListShape(row) || isCopyShape(row)) noteList(lists, row, file);
    }
  }
  for (const found of [places, thinnedPlaces]) found.sort((one, other) => one.id - other.id);
  const { pageCount } = file;
  return { epochs, nexts, lists: [...lists.values()], places, thinnedPlaces, pageCount };
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

const THINNED_SHAPE = [isWhole, isWhole, isWhole, isWhole, isWhole, isWhole];

/** id, last, samples, kept, from, to, list, hash, body, seal, clock. */
function isThinnedShape({ types, isIndex }: RowPlace): boolean {
  if (isIndex || types.length < 11 || types[0] !== 0) return false;
  const areWhole = THINNED_SHAPE.every((is, at) => is(types[1 + at]));
  if (!areWhole || types[7] !== HASH_TYPE || !isBlob(types[8])) return false;
  return isWhole(types[9]) && isText(types[10]);
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

/** key "epoch/no", value "stream epoch", or key "list/no", value ids: both once more. */
function isCopyShape({ types, isIndex }: RowPlace): boolean {
  return isIndex && types.length === 2 && isText(types[0]) && isText(types[1]);
}

interface Noted {
  readonly epochs: Map<number, EpochName[]>;
  readonly nexts: Map<string, number>;
}

function noteEpoch({ epochs, nexts }: Noted, row: RowPlace, file: PageFile): void {
  const values = valuesOf(file, row);
  if (!values) return;
  const { no, stream, epoch, next } = row.isIndex ? copyOf(values) : rowOf(row.rowId, values);
  const known = STREAMS.find((one) => one === stream);
  if (!Number.isSafeInteger(no) || !known || epoch === "") return;
  nexts.set(epoch, Math.max(next, nexts.get(epoch) ?? 0));
  const names = epochs.get(no) ?? [];
  if (names.some((one) => one.stream === stream && one.epoch === epoch)) return;
  epochs.set(no, [...names, { stream: known, epoch }]);
}

function rowOf(no: number, [, stream, epoch, next]: readonly unknown[]) {
  return { no, stream: String(stream), epoch: String(epoch), next: Number(next) };
}

function copyOf([key, value]: readonly unknown[]) {
  const [, no = ""] = /^epoch\/(\d+)$/.exec(String(key)) ?? [];
  const [stream = "", epoch = ""] = String(value).split(" ");
  return { no: no === "" ? Number.NaN : Number(no), stream, epoch, next: 0 };
}

/** A list is proved by its hash, in whatever row its ids were found. */
function noteList(lists: Map<string, PointList>, row: RowPlace, file: PageFile): void {
  const values = valuesOf(file, row);
  if (!values) return;
  const [key, , ids] = row.isIndex ? [values[0], null, values[1]] : values;
  if (row.isIndex && !String(key).startsWith("list/")) return;
  try {
    const parsed: unknown = JSON.parse(String(ids));
    if (!Array.isArray(parsed) || !parsed.every((id) => typeof id === "string")) return;
    const list = pointListOf(parsed);
    lists.set(list.hash, list);
  } catch {
    // Not the JSON that was written: this copy is lost.
  }
}
