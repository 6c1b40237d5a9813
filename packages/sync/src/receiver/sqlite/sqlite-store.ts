import { randomUUID } from "node:crypto";
import { extentOf, type Gap, type Thinned } from "@headgate/model";
import type { PointListRecord } from "../../protocol/point-list-record.ts";
import type { ReceivedBlock, ReceivedEntry } from "../../protocol/received-entry.ts";
import { covers, spanAt, unionOf } from "../../ranges.ts";
import { commitApart } from "../commit-apart.ts";
import { refusalText } from "../refusal-text.ts";
import { RANGES_MAX, whyScattered } from "../scattered.ts";
import type { Arrival, EpochStanding, Store, Verdict } from "../store.ts";
import { openNumbersOf } from "../thinned-numbers.ts";
import { type Aside, asideOf, tellsOfOthers } from "../told-of-others.ts";
import { type Contents, unpackBlock } from "../unpack-block.ts";
import { lastPointOf, unpackThinned } from "../unpack-thinned.ts";
import { ClockTable } from "./clock-table.ts";
import type { Connection, Statement } from "./connection.ts";
import { type EpochRecord, EpochTable } from "./epoch-table.ts";
import { GapTable } from "./gap-table.ts";
import { heldFigures } from "./held-figures.ts";
import { MediaFolder } from "./media-folder.ts";
import { openDatabase, readIncarnation } from "./open-database.ts";
import { OutboxTable, QUEUED_MAX } from "./outbox-table.ts";
import { PointTable } from "./point-table.ts";
import { SampleWriter } from "./sample-writer.ts";
import { SqliteOutbox } from "./sqlite-outbox.ts";
import { isOfContents, storeFault } from "./store-fault.ts";
import { lockStore } from "./store-lock.ts";
import { ThinnedTable } from "./thinned-table.ts";

/** Bodies of conflicting blocks kept for a person to compare, per epoch; then only counted. */
const CONFLICT_BODIES_MAX = 100;

/** Opens the store in the SQLite file `path` for writing, and creates it where there is none. */
export function openSqliteStore(path: string, options: SqliteStoreOptions = {}): SqliteStore {
  const database = openDatabase(path);
  try {
    const lock = lockStore(path);
    return new SqliteStore(database, { path, lock, ...options });
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Limits of a store. */
export interface SqliteStoreOptions {
  /** References kept for one sink; beyond it the oldest are lost, and counted. */
  readonly queuedMax?: number;
  /** Ranges that one epoch may lie in. */
  readonly rangesMax?: number;
}

interface Opened extends SqliteStoreOptions {
  readonly path: string;
  readonly lock: { release(): void };
}

/** A record in an SQLite file, and what of it waits for sinks. */
export class SqliteStore implements Store {
  incarnation: string;
  readonly outbox: SqliteOutbox;
  readonly #database: Connection;
  readonly #path: string;
  readonly #lock: { release(): void };
  readonly #epochs: EpochTable;
  readonly #points: PointTable;
  readonly #gaps: GapTable;
  readonly #clocks: ClockTable;
  readonly #samples: SampleWriter;
  readonly #thinned: ThinnedTable;
  readonly #media: MediaFolder;
  readonly #queue: OutboxTable;
  readonly #figuresOf: ReturnType<typeof heldFigures>;
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #rangesMax: number;

  constructor(database: Connection, opened: Opened) {
    const { path, lock, queuedMax = QUEUED_MAX, rangesMax = RANGES_MAX } = opened;
    this.#rangesMax = rangesMax;
    this.#database = database;
    this.#path = path;
    this.#lock = lock;
    this.incarnation = readIncarnation(database);
    this.#epochs = new EpochTable(database);
    this.#points = new PointTable(database);
    this.#gaps = new GapTable(database);
    this.#clocks = new ClockTable(database);
    this.#samples = new SampleWriter(database);
    this.#thinned = new ThinnedTable(database, this.#samples);
    this.#media = new MediaFolder(`${path}.media`);
    this.#queue = new OutboxTable(database, queuedMax);
    this.outbox = new SqliteOutbox(database, path);
    this.#figuresOf = heldFigures(database);
    this.#statements = prepareStatements(database);
  }

  gatewayIds(): readonly string[] {
    return this.#epochs.gatewayIds;
  }

  standing(gatewayId: string, countMax: number): readonly EpochStanding[] {
    const epochs = this.#epochs.epochsOf(gatewayId).slice(0, countMax);
    return epochs.map((record) => {
      const { stream, epoch, covered, fork } = record;
      const lastHash = this.#keptHash(record, covered.at(-1)?.last ?? 0);
      const known = lastHash ? { lastHash } : {};
      return { stream, epoch, covered, ...known, ...(fork === null ? {} : { fork }) };
    });
  }

  async addPointList(record: PointListRecord): Promise<void> {
    this.#transact(() => this.#points.addList(record));
  }

  commit(arrivals: readonly Arrival[], nowMs: number): Promise<readonly Verdict[]> {
    return commitApart(arrivals, {
      commit: async (some) => this.#commit(some, nowMs),
      isOfContents: (error) => this.#database.open && isOfContents(error),
      noteRefused: async ({ gatewayId, entry }, why) => {
        this.#transact(() => {
          this.#refuse({ gatewayRef: this.#epochs.gatewayRef(gatewayId) }, entry, why);
        });
      },
    });
  }

  #commit(arrivals: readonly Arrival[], nowMs: number): readonly Verdict[] {
    let isQueued = false;
    const verdicts = this.#transact(() => {
      const judged = arrivals.map((arrival) => this.#take(arrival, nowMs));
      this.#epochs.save();
      isQueued = this.#queue.save();
      return judged;
    });
    if (isQueued) this.outbox.ring();
    return verdicts;
  }

  async startAnew(): Promise<void> {
    const incarnation = randomUUID();
    this.#transact(() => this.#statements.startAnew.run(incarnation));
    this.incarnation = incarnation;
  }

  async close(): Promise<void> {
    if (!this.#database.open) return;
    this.#database.close();
    this.#lock.release();
  }

  #transact<T>(body: () => T): T {
    const { begin, commit, rollback } = this.#statements;
    try {
      begin.run();
      const result = body();
      commit.run();
      return result;
    } catch (error) {
      this.#forget(rollback);
      throw storeFault(error, `write store "${this.#path}"`);
    }
  }

  #forget(rollback: Statement): void {
    try {
      if (this.#database.inTransaction) rollback.run();
      this.#epochs.reload();
      this.#points.reload();
      this.#queue.reload();
    } catch {
      // The first error is the one to tell; a handle that cannot roll back is not used again.
      this.#database.close();
      this.#lock.release();
    }
  }

  #take({ gatewayId, entry }: Arrival, nowMs: number): Verdict {
    const { stream, epoch: id } = entry;
    const gatewayRef = this.#epochs.gatewayRef(gatewayId);
    const epoch = this.#epochs.touch(gatewayRef, { stream, epoch: id, nowMs });
    const why = whyScattered(epoch.covered, extentOf(entry), this.#rangesMax);
    if (why !== null) return this.#refuse(epoch, entry, why);
    if (entry.kind === "gap") return this.#takeGap(epoch, entry, nowMs);
    if (entry.kind === "thinned") return this.#takeThinned(epoch, entry, nowMs);
    const keptHash = this.#keptHash(epoch, entry.seq);
    if (keptHash === entry.hash) {
      epoch.duplicateCount++;
      return "duplicate";
    }
    const contents = unpackBlock(entry);
    if (typeof contents === "string") return this.#refuse(epoch, entry, contents);
    if (keptHash !== null) {
      const { seq, hash } = entry;
      const body = epoch.conflictCount < CONFLICT_BODIES_MAX ? (entry.body ?? null) : null;
      return this.#noteConflict(epoch, { seq, hash, body }, { keptHash, nowMs });
    }
    return this.#takeBlock({ gatewayId, epoch, block: entry, contents, nowMs });
  }

  #refuse(
    { gatewayRef }: Pick<EpochRecord, "gatewayRef">,
    entry: ReceivedEntry,
    why: string,
  ): Verdict {
    this.#statements.refuse.run(refusalText(entry, why), gatewayRef);
    return "refused";
  }

  #keptHash(epoch: EpochRecord, seq: number): string | null {
    if (!spanAt(epoch.stored, seq)) return null;
    return this.#statements.hashOf.get(epoch.ref, seq) ?? "";
  }

  #takeGap(epoch: EpochRecord, gap: Gap, nowMs: number): Verdict {
    const recorded = this.#gaps.record(epoch, gap, nowMs);
    for (const span of recorded) {
      this.#queue.add({ epochRef: epoch.ref, kind: gap.kind, ...span, nowMs });
    }
    return recorded.length > 0 ? "stored" : this.#takeKnown(epoch, gap, nowMs);
  }

  /** A record of numbers of which nothing is open. */
  #takeKnown(epoch: EpochRecord, entry: Gap | Thinned, nowMs: number): Verdict {
    const { first, last } = entry;
    if (covers(epoch.stored, first, last)) {
      const held = this.#figuresOf(epoch.ref, entry);
      if (tellsOfOthers(entry, held)) {
        const keptHash = held.firstHash;
        return this.#noteConflict(epoch, asideOf(entry), { keptHash, nowMs });
      }
    }
    epoch.duplicateCount++;
    return "duplicate";
  }

  #takeThinned(epoch: EpochRecord, entry: Thinned, nowMs: number): Verdict {
    const open = openNumbersOf(entry, epoch);
    if (open.length === 0) return this.#takeKnown(epoch, entry, nowMs);
    const contents = unpackThinned(entry);
    if (typeof contents === "string") return this.#refuse(epoch, entry, contents);
    const refs = this.#refsOf(epoch, entry, lastPointOf(contents));
    if (typeof refs === "string") return refs;
    this.#thinned.record(epoch, { entry, contents, refs, open, nowMs });
    this.#clocks.note(epoch, open, entry.clock);
    for (const span of open) this.#gaps.fill(epoch, span);
    const { kind, first, last } = entry;
    this.#queue.add({ epochRef: epoch.ref, kind, first, last, nowMs });
    return "stored";
  }

  #noteConflict(
    epoch: EpochRecord,
    { seq, hash, body }: Omit<Aside, "body"> & { readonly body: Uint8Array | null },
    { keptHash, nowMs }: { keptHash: string; nowMs: number },
  ): Verdict {
    epoch.conflictCount++;
    if (epoch.fork === null || seq < epoch.fork) epoch.fork = seq;
    this.#statements.conflict.run(epoch.ref, seq, hash, keptHash, nowMs, body);
    return "conflict";
  }

  /** The rows of the points that an entry's indexes mean, or why it cannot be kept. */
  #refsOf(
    epoch: EpochRecord,
    entry: ReceivedBlock | Thinned,
    lastPoint: number,
  ): readonly number[] | Verdict {
    const refs = this.#points.refsOfList(epoch.gatewayRef, entry.schemaHash);
    if (refs === null) return "unlisted";
    if (lastPoint < refs.length) return refs;
    return this.#refuse(epoch, entry, `its list of ${refs.length} points is too short`);
  }

  #takeBlock(parts: NewBlock): Verdict {
    const { epoch, block, contents, nowMs } = parts;
    const { seq, kind, hash, sampleCount, fromMs, toMs } = block;
    const last = contents.kind === "columns" ? (contents.columns.columnPoints.at(-1) ?? -1) : -1;
    const refs = contents.kind === "columns" ? this.#refsOf(epoch, block, last) : [];
    if (typeof refs === "string") return refs;
    this.#thinned.fill(epoch, seq);
    this.#keepContents(parts, refs);
    this.#statements.block.run(epoch.ref, seq, kind, hash, sampleCount, fromMs, toMs, nowMs);
    this.#queue.add({ epochRef: epoch.ref, kind, first: seq, last: seq, nowMs });
    const own = [{ first: seq, last: seq }];
    this.#clocks.note(epoch, own, block.clock);
    if (contents.kind === "clock") {
      // Who has them already gets them again, with the times that are known now.
      for (const dated of this.#clocks.step(epoch, contents.step)) {
        this.#queue.add({ ...dated, nowMs });
      }
    }
    this.#gaps.fill(epoch, { first: seq, last: seq });
    epoch.stored = unionOf(epoch.stored, own);
    epoch.covered = unionOf(epoch.covered, own);
    epoch.blockCount++;
    epoch.sampleCount += sampleCount;
    if (sampleCount > 0) epoch.lastSampleMs = Math.max(epoch.lastSampleMs ?? toMs, toMs);
    return "stored";
  }

  #keepContents({ gatewayId, epoch, block, contents }: NewBlock, refs: readonly number[]): void {
    const { seq } = block;
    if (contents.kind === "columns") {
      this.#samples.columns(epoch.ref, seq, { block: contents.columns, refs });
    } else if (contents.kind === "samples") {
      const refOf = (pointId: string) => this.#points.ref(epoch.gatewayRef, pointId);
      this.#samples.samples(epoch.ref, seq, { samples: contents.samples, refOf });
    } else if (contents.kind === "media") {
      const { media } = contents;
      const path = this.#media.keep(gatewayId, media, `${epoch.epoch}-${seq}`);
      const ref = this.#points.ref(epoch.gatewayRef, media.pointId);
      const { timestampMs, name, contentType, bytes } = media;
      const about = [timestampMs, name, contentType, path, bytes.length];
      this.#statements.media.run(epoch.ref, seq, ref, ...about);
    } else if (contents.kind === "epoch") epoch.reason = contents.start.reason;
  }
}

interface NewBlock {
  readonly gatewayId: string;
  readonly epoch: EpochRecord;
  readonly block: ReceivedBlock;
  readonly contents: Contents;
  readonly nowMs: number;
}

function prepareStatements(database: Connection) {
  return {
    begin: database.prepare("begin immediate"),
    commit: database.prepare("commit"),
    rollback: database.prepare("rollback"),
    startAnew: database.prepare("update store set value = ? where key = 'incarnation'"),
    hashOf: database
      .prepare<string>("select hash from block where epoch_ref = ? and seq = ?")
      .pluck(),
    block: database.prepare(
      `insert into block (epoch_ref, seq, kind, hash, samples, from_ms, to_ms, stored_ms)
       values (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    media: database.prepare("insert into media values (?, ?, ?, ?, ?, ?, ?, ?)"),
    refuse: database.prepare(
      "update gateway set refused = refused + 1, refused_reason = ? where ref = ?",
    ),
    conflict: database.prepare(
      `insert into conflict (epoch_ref, seq, hash, kept_hash, seen_ms, body)
       values (?, ?, ?, ?, ?, ?)
       on conflict do update set times = times + 1, seen_ms = excluded.seen_ms`,
    ),
  };
}
