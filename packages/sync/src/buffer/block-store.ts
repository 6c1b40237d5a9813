import type { Gap, PointList, Seq, Stream } from "@headgate/model";
import { BlockTable } from "./block-table.ts";
import { CursorTable } from "./cursor-table.ts";
import { encodedOf } from "./encoded-block.ts";
import { EpochTable } from "./epoch-table.ts";
import { GapTable } from "./gap-table.ts";
import { PointListTable } from "./point-list-table.ts";
import { keepAside, pruneQuarantined } from "./quarantine-table.ts";
import type { Sqlite } from "./sqlite.ts";
import type {
  BlockToPutBack,
  BlockToStore,
  Commit,
  Committed,
  ReadAnswer,
  ReadStore,
  Replacement,
  StoredCursor,
  StoredEpoch,
} from "./store-messages.ts";

/** How much may be kept. */
export interface StoreLimits {
  readonly capacityBytesMax: number;
  readonly mediaCapacityBytesMax: number;
  /** Called after the commit with pictures that no block refers to any more. */
  removeMedia(name: string): void;
}

/** Rows read at a time to be dropped or replaced. */
const DROP_ROWS = 64;

/** The database of blocks: every change in one transaction. Lives in the worker. */
export class BlockStore {
  readonly #db: Sqlite;
  readonly #limits: StoreLimits;
  readonly #tables: Readonly<Record<Stream, BlockTable>>;
  readonly #epochs: EpochTable;
  readonly #gaps: GapTable;
  readonly #lists: PointListTable;
  readonly #cursors: CursorTable;
  #samplesDropped = 0;
  #mediaRemoved: string[] = [];

  constructor(db: Sqlite, limits: StoreLimits) {
    this.#db = db;
    this.#limits = limits;
    const main = new BlockTable(db, "main");
    this.#tables = { events: main, main, media: new BlockTable(db, "media") };
    this.#epochs = new EpochTable(db);
    this.#gaps = new GapTable(db, this.#epochs);
    this.#lists = new PointListTable(db);
    this.#cursors = new CursorTable(db);
    for (const { no, stream, epoch } of this.#epochs.rows) {
      const lastBlock = this.#tables[stream].lastSeq(no) ?? 0;
      this.#epochs.given(epoch, Math.max(lastBlock, this.#gaps.lastSeq(epoch)));
    }
  }

  commit(commit: Commit): Committed {
    const encoded = commit.blocks.map(encodedOf);
    this.#samplesDropped = 0;
    this.#mediaRemoved = [];
    const before = {
      epochs: this.#epochs.rows,
      gaps: this.#gaps.all,
      lists: this.#lists.numbers,
    };
    this.#db.exec("begin immediate");
    try {
      this.#apply(commit, encoded);
      this.#db.exec("commit");
    } catch (error) {
      this.#epochs.restore(before.epochs);
      this.#gaps.restore(before.gaps);
      this.#lists.restore(before.lists);
      this.#rollBack();
      throw error;
    }
    this.#removeMedia();
    const gaps = this.#gaps.all === before.gaps ? null : this.#gaps.all;
    const samplesDropped = this.#samplesDropped;
    return { encoded, epochs: this.epochs(), gaps, samplesDropped, ...this.usedBytes() };
  }

  epochs(): StoredEpoch[] {
    return this.#epochs.rows.map(({ no, stream, epoch, next, is_current }) => {
      const tailSeq = this.#tables[stream].firstSeq(no) ?? next;
      return { stream, epoch, tailSeq, next, isCurrent: is_current === 1 };
    });
  }

  gaps(): readonly Gap[] {
    return this.#gaps.all;
  }

  cursors(): StoredCursor[] {
    return this.#cursors.all();
  }

  mediaNames(): Set<string> {
    return this.#tables.media.names();
  }

  usedBytes(): Pick<Committed, "usedBytes" | "mediaUsedBytes"> {
    const { bytes } = this.#tables.media;
    return { usedBytes: this.#mainBytes() + bytes, mediaUsedBytes: bytes };
  }

  read({ range, blocksMax, bytesMax }: ReadStore): ReadAnswer {
    const row = this.#epochs.find(range.epoch);
    if (!row) return { blocks: [], isComplete: true };
    return this.#tables[row.stream].read(row, range, { blocksMax, bytesMax });
  }

  pointList(hash: string): PointList | null {
    return this.#lists.get(hash);
  }

  /** Whether a number is kept as a block or a gap record. */
  isKnown(epoch: string, seq: Seq): boolean {
    const row = this.#epochs.find(epoch);
    if (!row) return false;
    return this.#tables[row.stream].has(row.no, seq) || this.#gaps.has(epoch, seq);
  }

  /** Takes blocks of ended epochs back in under their own names; true for each that was lacking. */
  putBack(blocks: readonly BlockToPutBack[], gaps: readonly Gap[]): boolean[] {
    this.#db.exec("begin immediate");
    try {
      const areNew = blocks.map((block) => this.#putBackOne(block));
      for (const gap of gaps) this.#gaps.add(gap);
      this.#epochs.storeNext();
      this.#db.exec("commit");
      return areNew;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  #putBackOne({ pointList, body, hash, ...block }: BlockToPutBack): boolean {
    this.#epochs.addEnded(block.stream, block.epoch);
    if (this.isKnown(block.epoch, block.seq)) return false;
    if (pointList) this.#lists.add(pointList);
    this.#insert({ ...block, bytes: body }, { hash, body });
    return true;
  }

  #apply(commit: Commit, encoded: Committed["encoded"]): void {
    for (const { stream, epoch } of commit.epochs) this.#epochs.add(stream, epoch);
    for (const list of commit.pointLists) this.#lists.add(list);
    for (const [index, block] of commit.blocks.entries()) {
      this.#insert(block, encoded[index] as Committed["encoded"][number]);
    }
    for (const gap of commit.gaps) this.#gaps.add(gap);
    for (const replacement of commit.replacements) this.#replace(replacement);
    for (const cursor of commit.cursors) this.#cursors.store(cursor);
    for (const range of commit.trims) {
      const no = this.#epochs.find(range.epoch)?.no ?? 0;
      this.#mediaRemoved.push(...this.#tables[range.stream].remove(no, range));
    }
    for (const gap of commit.settledGaps) this.#gaps.remove(gap);
    for (const epoch of commit.emptyEpochs) this.#removeEpoch(epoch);
    this.#enforce("main", () => this.#mainBytes() - this.#limits.capacityBytesMax);
    const mediaBytes = () => this.#tables.media.bytes - this.#limits.mediaCapacityBytesMax;
    this.#enforce("media", mediaBytes);
    this.#epochs.storeNext();
  }

  #removeMedia(): void {
    for (const name of this.#mediaRemoved) {
      try {
        this.#limits.removeMedia(name);
      } catch {
        // The commit stands whatever becomes of the file; at the next start it is an orphan.
      }
    }
  }

  #rollBack(): void {
    try {
      this.#db.exec("rollback");
    } catch {
      // SQLite rolls back by itself on a full disk: then there is nothing left to roll back.
    }
    for (const table of Object.values(this.#tables)) table.recount();
  }

  #insert(block: BlockToStore, encoded: Committed["encoded"][number]): void {
    const { no } = this.#epochs.get(block.epoch);
    const list = this.#lists.numberOf(block.schemaHash);
    this.#tables[block.stream].insert(no, list, { ...block, ...encoded });
    this.#epochs.given(block.epoch, block.seq);
  }

  #replace({ range, reason, note }: Replacement): void {
    const { stream, epoch } = range;
    const row = this.#epochs.find(epoch);
    // The epoch went, all acknowledged or set aside, while the replacement waited.
    if (!row) return;
    const table = this.#tables[stream];
    for (;;) {
      const { blocks } = table.read(row, range, { blocksMax: DROP_ROWS, bytesMax: 2 ** 22 });
      if (blocks.length === 0) break;
      for (const block of blocks) {
        const { seq, sampleCount, fromMs, toMs, mediaName } = block;
        if (reason === "quarantined") keepAside(this.#db, { ...block, stream, epoch }, note);
        if (mediaName !== "") this.#mediaRemoved.push(mediaName);
        const span = { first: seq, last: seq, sampleCount, fromMs, toMs };
        this.#lose({ kind: "gap", ...range, ...span, reason });
        table.remove(row.no, { first: seq, last: seq });
      }
    }
    pruneQuarantined(this.#db);
  }

  /** Drops the oldest blocks of a stream until `excess` is gone. */
  #enforce(stream: Stream, excess: () => number): void {
    const table = this.#tables[stream];
    for (let over = excess(); over > 0; over = excess()) {
      const oldest = table.oldest(DROP_ROWS);
      if (oldest.length === 0) return;
      let freed = 0;
      for (const { no, seq, sampleCount, fromMs, toMs, bytes, mediaName } of oldest) {
        if (freed >= over) break;
        const epoch = this.#epochs.byNo(no)?.epoch ?? "";
        const span = { first: seq, last: seq };
        const about = { sampleCount, fromMs, toMs, reason: "capacity" as const };
        this.#lose({ kind: "gap", stream, epoch, ...span, ...about });
        table.remove(no, span);
        if (mediaName !== "") this.#mediaRemoved.push(mediaName);
        freed += bytes;
      }
    }
  }

  #lose(gap: Gap): void {
    this.#samplesDropped += gap.sampleCount;
    this.#gaps.add(gap);
  }

  #removeEpoch(epoch: string): void {
    const row = this.#epochs.find(epoch);
    if (!row || row.is_current === 1) return;
    if (this.#tables[row.stream].firstSeq(row.no) !== null || this.#gaps.hasAny(epoch)) return;
    this.#epochs.remove(row);
    this.#cursors.remove(epoch);
  }

  #mainBytes(): number {
    const pages = Number(this.#db.pragma("page_count", { simple: true }));
    const free = Number(this.#db.pragma("freelist_count", { simple: true }));
    return (pages - free) * 1024;
  }
}
