import { rmSync, statSync } from "node:fs";
import type { ShelfKind } from "./history-books.ts";
import type { HistoryFileParts } from "./history-parts.ts";
import { setAsidePathOf } from "./history-schema.ts";

/** What each kind may take when room runs short: the finest goes first. */
const SHARES = { raw: 0.5, minute: 0.2, quarter: 0.3 } as const;
type Kind = keyof typeof SHARES;
/** Rows removed in one go. */
const GROUPS_PER_STEP = 64;
const STEPS_PER_COMMIT = 8;
/** Pages given back to the disk in one go. */
const PAGES_PER_STEP = 64;

interface Dropping {
  readonly kind: "raw" | ShelfKind;
  readonly at: number;
  readonly takenBack: number;
  group: number;
  steps: number;
}

/** Keeps the file, and all that lies beside it, within its capacity. */
export class HistoryRoom {
  readonly #parts: HistoryFileParts;
  readonly #path: string;
  readonly #capacityBytesMax: number;
  readonly #pageBytes: number;
  #dropping: Dropping | null = null;

  constructor(parts: HistoryFileParts, path: string, capacityBytesMax: number) {
    this.#parts = parts;
    this.#path = path;
    this.#capacityBytesMax = capacityBytesMax;
    this.#pageBytes = this.#pragma("page_size");
  }

  /** Of the pages in use, the journal, and a file that was set aside. */
  usedBytes(): number {
    const pages = this.#pragma("page_count") - this.#pragma("freelist_count");
    return pages * this.#pageBytes + this.#besideBytes();
  }

  /** What the file comes to between transactions. */
  fileBytes(): number {
    return this.#pragma("page_count") * this.#pageBytes;
  }

  /** Does a piece of what makes room; whether more is to do. */
  step(): boolean {
    // After an error it begins anew.
    const { takenBackCount } = this.#parts.transaction;
    if (this.#dropping?.takenBack !== takenBackCount) this.#dropping = null;
    const dropping = this.#dropping ?? this.#next();
    if (dropping) {
      this.#dropping = null;
      if (this.#drop(dropping)) this.#dropping = dropping;
      return true;
    }
    return this.#giveBack();
  }

  #next(): Dropping | null {
    const over = this.usedBytes() - this.#capacityBytesMax;
    if (over <= 0) return null;
    const setAside = setAsidePathOf(this.#path);
    if (sizeOf(setAside) > 0) {
      // One may look at it as long as nothing else needs the room.
      rmSync(setAside, { force: true });
      return this.#next();
    }
    return this.#oldest();
  }

  /** Of the kind that takes the most beyond its share; null where there is nothing. */
  #oldest(): Dropping | null {
    const { books } = this.#parts;
    const bytes: Record<Kind, number> = {
      raw: books.bytesOf("raw"),
      minute: books.bytesOf("minute"),
      quarter: books.bytesOf("quarter") + books.bytesOf("day"),
    };
    const kinds = (["raw", "minute", "quarter"] as const).filter((kind) => bytes[kind] > 0);
    const [first] = kinds.toSorted((a, b) => bytes[b] / SHARES[b] - bytes[a] / SHARES[a]);
    if (first === undefined) return null;
    const start = { takenBack: this.#parts.transaction.takenBackCount, group: 0, steps: 0 };
    if (first === "raw") return { kind: first, at: books.oldestSegmentAt() ?? 0, ...start };
    const isPacked = first === "quarter" && books.oldestOnShelf("day") !== null;
    const kind = isPacked ? "day" : first;
    return { kind, at: (books.oldestOnShelf(kind) ?? 0) / 1000, ...start };
  }

  /** Whether rows of it are left. */
  #drop(dropping: Dropping): boolean {
    const { books, rows, transaction } = this.#parts;
    const { kind, at, group } = dropping;
    const end = group + GROUPS_PER_STEP;
    const isDone = end >= this.#parts.groupCount();
    transaction.do(() => {
      // A row more than there are groups: nothing of it stays.
      if (isDone) rows[kind].remove(at, group);
      else rows[kind].remove(at, group, end);
      if (!isDone) return;
      if (kind === "raw") books.removeSegment(at);
      else books.clearShelf(kind, at * 1000);
    });
    dropping.group = end;
    if (isDone || ++dropping.steps % STEPS_PER_COMMIT === 0) transaction.commit();
    return !isDone;
  }

  /** A file that was larger than it may be, or was allowed to be, shrinks. */
  #giveBack(): boolean {
    const { db, transaction } = this.#parts;
    const pagesMax = Math.floor(this.#capacityBytesMax / this.#pageBytes);
    const over = this.#pragma("page_count") - pagesMax;
    if (over <= 0 || this.#pragma("freelist_count") === 0) return false;
    transaction.do(() => db.pragma(`incremental_vacuum(${Math.min(over, PAGES_PER_STEP)})`));
    transaction.commit();
    return true;
  }

  #besideBytes(): number {
    return sizeOf(`${this.#path}-journal`) + sizeOf(setAsidePathOf(this.#path));
  }

  #pragma(name: string): number {
    return Number(this.#parts.db.pragma(name, { simple: true }));
  }
}

const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
