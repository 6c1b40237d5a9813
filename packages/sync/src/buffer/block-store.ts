import type { Gap, GapReason, PointList, Stream } from "@headgate/model";
import { BlockTable } from "./block-table.ts";
import { encodedOf } from "./encoded-block.ts";
import { withGap } from "./gap-list.ts";
import type { Sqlite, Statement } from "./sqlite.ts";
import type {
  BlockToStore,
  Commit,
  Committed,
  ReadAnswer,
  ReadStore,
  Replacement,
  StoredCursor,
  StoredEpoch,
} from "./store-messages.ts";

interface EpochRow {
  readonly no: number;
  readonly stream: Stream;
  readonly epoch: string;
  next: number;
  is_current: number;
}

interface Limits {
  readonly capacityBytesMax: number;
  readonly mediaCapacityBytesMax: number;
  /** Called after the commit with pictures that no block refers to any more. */
  removeMedia(name: string): void;
}

/** Quarantined blocks kept for a person to look at. */
const QUARANTINED_MAX = 64;
const DROP_ROWS = 64;

/** The database of blocks: every change in one transaction. Lives in the worker. */
export class BlockStore {
  readonly #db: Sqlite;
  readonly #limits: Limits;
  readonly #tables: Readonly<Record<Stream, BlockTable>>;
  #epochs: EpochRow[];
  #gaps: Gap[];
  #lists = new Map<string, number>();
  #areGapsChanged = false;
  #samplesDropped = 0;
  #mediaRemoved: string[] = [];
  readonly #updateNext: Statement<unknown>;

  constructor(db: Sqlite, limits: Limits) {
    this.#db = db;
    this.#limits = limits;
    this.#tables = { main: new BlockTable(db, "main"), media: new BlockTable(db, "media") };
    this.#epochs = db.prepare<EpochRow>("select * from epoch order by no").all();
    this.#updateNext = db.prepare("update epoch set next = ? where no = ?");
    this.#gaps = this.#readGaps();
    for (const row of this.#epochs) row.next = this.#nextOf(row);
    this.#loadLists();
  }

  commit(commit: Commit): Committed {
    const encoded = commit.blocks.map(encodedOf);
    this.#areGapsChanged = false;
    this.#samplesDropped = 0;
    this.#mediaRemoved = [];
    const before = { epochs: this.#epochs.map((row) => ({ ...row })), gaps: this.#gaps };
    const lists = new Map(this.#lists);
    this.#db.exec("begin immediate");
    try {
      this.#apply(commit, encoded);
      this.#db.exec("commit");
    } catch (error) {
      this.#epochs = before.epochs;
      this.#gaps = before.gaps;
      this.#lists = lists;
      this.#rollBack();
      throw error;
    }
    this.#removeMedia();
    const gaps = this.#areGapsChanged ? this.#gaps : null;
    const samplesDropped = this.#samplesDropped;
    return { encoded, epochs: this.epochs(), gaps, samplesDropped, ...this.usedBytes() };
  }

  epochs(): StoredEpoch[] {
    return this.#epochs.map((row) => {
      const tailSeq = this.#tables[row.stream].firstSeq(row.no) ?? row.next;
      const isCurrent = row.is_current === 1;
      return { stream: row.stream, epoch: row.epoch, tailSeq, next: row.next, isCurrent };
    });
  }

  gaps(): readonly Gap[] {
    return this.#gaps;
  }

  cursors(): StoredCursor[] {
    const rows = this.#db.prepare<{
      uplink: string;
      stream: Stream;
      epoch: string;
      spans: string;
    }>("select * from cursor");
    return rows.all().map(({ uplink, stream, epoch, spans }) => {
      return { uplinkId: uplink, stream, epoch, spans: JSON.parse(spans) };
    });
  }

  mediaNames(): Set<string> {
    return this.#tables.media.names();
  }

  usedBytes(): Pick<Committed, "usedBytes" | "mediaUsedBytes"> {
    const { bytes } = this.#tables.media;
    return { usedBytes: this.#mainBytes() + bytes, mediaUsedBytes: bytes };
  }

  read({ range, blocksMax, bytesMax }: ReadStore): ReadAnswer {
    const row = this.#epochs.find(({ epoch }) => epoch === range.epoch);
    if (!row) return { blocks: [], isComplete: true };
    const { stream, epoch } = row;
    const found = this.#tables[stream].read(row.no, range, { blocksMax, bytesMax });
    const blocks = found.blocks.map((block) => ({ ...block, stream, epoch }));
    return { blocks, isComplete: found.isComplete };
  }

  pointList(hash: string): PointList | null {
    const found = this.#db
      .prepare<{ ids: string }>("select ids from point_list where hash = ?")
      .get(hash);
    return found ? { hash, pointIds: JSON.parse(found.ids) } : null;
  }

  #apply(commit: Commit, encoded: Committed["encoded"]): void {
    for (const { stream, epoch } of commit.epochs) this.#addEpoch(stream, epoch);
    for (const list of commit.pointLists) this.#addList(list);
    for (const [index, block] of commit.blocks.entries()) {
      this.#insert(block, encoded[index] as Committed["encoded"][number]);
    }
    for (const gap of commit.gaps) this.#addGap(gap);
    for (const replacement of commit.replacements) this.#replace(replacement);
    for (const cursor of commit.cursors) this.#storeCursor(cursor);
    for (const range of commit.trims) {
      this.#mediaRemoved.push(...this.#tables[range.stream].remove(this.#noOf(range.epoch), range));
    }
    for (const gap of commit.settledGaps) this.#removeGap(gap);
    for (const epoch of commit.emptyEpochs) this.#removeEpoch(epoch);
    this.#enforce("main", () => this.#mainBytes() - this.#limits.capacityBytesMax);
    const mediaBytes = () => this.#tables.media.bytes - this.#limits.mediaCapacityBytesMax;
    this.#enforce("media", mediaBytes);
    for (const row of this.#epochs) this.#updateNext.run(row.next, row.no);
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

  #addEpoch(stream: Stream, epoch: string): void {
    if (this.#epochs.some((row) => row.epoch === epoch)) return;
    this.#db.prepare("update epoch set is_current = 0 where stream = ?").run(stream);
    for (const row of this.#epochs) if (row.stream === stream) row.is_current = 0;
    const no = 1 + this.#epochs.reduce((most, row) => Math.max(most, row.no), 0);
    this.#db.prepare("insert into epoch values (?, ?, ?, 1, 1)").run(no, stream, epoch);
    this.#epochs.push({ no, stream, epoch, next: 1, is_current: 1 });
  }

  #addList({ hash, pointIds }: PointList): void {
    if (this.#lists.has(hash)) return;
    const no = 1 + Math.max(0, ...this.#lists.values());
    this.#db
      .prepare("insert into point_list values (?, ?, ?)")
      .run(no, hash, JSON.stringify(pointIds));
    this.#lists.set(hash, no);
  }

  #insert(block: BlockToStore, encoded: Committed["encoded"][number]): void {
    const row = this.#rowOf(block.epoch);
    const list = this.#lists.get(block.schemaHash) ?? 0;
    this.#tables[block.stream].insert(row.no, list, { ...block, ...encoded });
    row.next = Math.max(row.next, block.seq + 1);
  }

  #replace({ range, reason, note }: Replacement): void {
    const { stream, epoch } = range;
    const row = this.#epochs.find((other) => other.epoch === epoch);
    // The epoch went, all acknowledged or set aside, while the replacement waited.
    if (!row) return;
    const table = this.#tables[stream];
    const keep = this.#db.prepare("insert into quarantined values (null, ?, ?, ?, ?, ?, ?)");
    for (;;) {
      const { blocks } = table.read(row.no, range, { blocksMax: DROP_ROWS, bytesMax: 2 ** 22 });
      if (blocks.length === 0) break;
      for (const { seq, hash, body, sampleCount, fromMs, toMs, mediaName } of blocks) {
        if (reason === "quarantined") keep.run(stream, epoch, seq, note, hash, body);
        if (mediaName !== "") this.#mediaRemoved.push(mediaName);
        this.#lose({
          kind: "gap",
          ...range,
          first: seq,
          last: seq,
          sampleCount,
          fromMs,
          toMs,
          reason,
        });
        table.remove(row.no, { first: seq, last: seq });
      }
    }
    this.#db
      .prepare("delete from quarantined where no <= (select max(no) from quarantined) - ?")
      .run(QUARANTINED_MAX);
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
        const epoch = this.#epochs.find((row) => row.no === no)?.epoch ?? "";
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
    this.#addGap(gap);
  }

  #addGap(gap: Gap): void {
    const row = this.#rowOf(gap.epoch);
    const gaps = withGap(this.#gaps, gap);
    for (const old of this.#gaps) if (!gaps.includes(old)) this.#deleteGapRow(old);
    const merged = gaps.find((other) => !this.#gaps.includes(other)) ?? gap;
    const { first, last, sampleCount, fromMs, toMs, reason } = merged;
    this.#db
      .prepare("insert into gap values (?, ?, ?, ?, ?, ?, ?)")
      .run(row.no, first, last, sampleCount, fromMs, toMs, reason);
    row.next = Math.max(row.next, last + 1);
    this.#gaps = gaps;
    this.#areGapsChanged = true;
  }

  #removeGap(gap: Gap): void {
    const isSettled = (other: Gap) =>
      other.epoch === gap.epoch && other.first >= gap.first && other.last <= gap.last;
    for (const old of this.#gaps) if (isSettled(old)) this.#deleteGapRow(old);
    this.#gaps = this.#gaps.filter((other) => !isSettled(other));
    this.#areGapsChanged = true;
  }

  #deleteGapRow(gap: Gap): void {
    const no = this.#noOf(gap.epoch);
    this.#db.prepare("delete from gap where epoch = ? and first = ?").run(no, gap.first);
  }

  #storeCursor({ uplinkId, stream, epoch, spans }: StoredCursor): void {
    this.#db
      .prepare("insert or replace into cursor values (?, ?, ?, ?)")
      .run(uplinkId, stream, epoch, JSON.stringify(spans));
  }

  #removeEpoch(epoch: string): void {
    const row = this.#epochs.find((other) => other.epoch === epoch);
    if (!row || row.is_current === 1) return;
    if (this.#tables[row.stream].firstSeq(row.no) !== null) return;
    if (this.#gaps.some((gap) => gap.epoch === epoch)) return;
    this.#db.prepare("delete from epoch where no = ?").run(row.no);
    this.#db.prepare("delete from cursor where epoch = ?").run(epoch);
    this.#epochs = this.#epochs.filter((other) => other !== row);
  }

  /** Lists that no block refers to go; with one list there is nothing to look for. */
  #loadLists(): void {
    const lists = this.#db.prepare<{ no: number; hash: string }>("select no, hash from point_list");
    if (lists.all().length > 1) {
      this.#db.exec("delete from point_list where no not in (select list from main_block)");
    }
    for (const { no, hash } of lists.all()) this.#lists.set(hash, no);
  }

  #readGaps(): Gap[] {
    const rows = this.#db.prepare<{
      no: number;
      first: number;
      last: number;
      samples: number;
      from_ms: number;
      to_ms: number;
      reason: GapReason;
    }>("select epoch as no, first, last, samples, from_ms, to_ms, reason from gap");
    return rows.all().flatMap(({ no, first, last, samples, from_ms, to_ms, reason }) => {
      const row = this.#epochs.find((other) => other.no === no);
      if (!row) return [];
      const { stream, epoch } = row;
      const about = { sampleCount: samples, fromMs: from_ms, toMs: to_ms, reason };
      return [{ kind: "gap" as const, stream, epoch, first, last, ...about }];
    });
  }

  #nextOf(row: EpochRow): number {
    const lastBlock = this.#tables[row.stream].lastSeq(row.no) ?? 0;
    const lastGap = this.#gaps.reduce(
      (most, gap) => (gap.epoch === row.epoch ? Math.max(most, gap.last) : most),
      0,
    );
    return Math.max(row.next, lastBlock + 1, lastGap + 1);
  }

  #rowOf(epoch: string): EpochRow {
    const row = this.#epochs.find((other) => other.epoch === epoch);
    if (!row) throw new Error(`store block: epoch ${epoch} is not known`);
    return row;
  }

  #noOf(epoch: string): number {
    return this.#epochs.find((other) => other.epoch === epoch)?.no ?? 0;
  }

  #mainBytes(): number {
    const pages = Number(this.#db.pragma("page_count", { simple: true }));
    const free = Number(this.#db.pragma("freelist_count", { simple: true }));
    return (pages - free) * 1024;
  }
}
