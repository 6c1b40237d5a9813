import type { Stream } from "@headgate/model";
import { type Spans, unionOf } from "../../ranges.ts";
import type { Connection } from "./connection.ts";

/** One epoch of one stream of a gateway, as the writer keeps it in memory. */
export interface EpochRecord {
  readonly ref: number;
  readonly gatewayRef: number;
  readonly stream: Stream;
  readonly epoch: string;
  stored: Spans;
  /** Held by their essence, and not stored. */
  thinned: Spans;
  /** Told to be gone, and neither stored nor thinned. */
  gone: Spans;
  /** All together. */
  covered: Spans;
  blockCount: number;
  sampleCount: number;
  /** Samples that are gone by thinning. */
  thinnedSampleCount: number;
  duplicateCount: number;
  conflictCount: number;
  fork: number | null;
  lastSampleMs: number | null;
  reason: string | null;
  touchedMs: number;
}

interface EpochRow {
  ref: number;
  gateway_ref: number;
  stream: Stream;
  id: string;
  reason: string | null;
  stored: string;
  thinned: string;
  gone: string;
  blocks: number;
  samples: number;
  thinned_samples: number;
  duplicates: number;
  conflicts: number;
  fork: number | null;
  last_sample_ms: number | null;
  touched_ms: number;
}

/** Gateways and their epochs: all of them in memory, written back when they changed. */
export class EpochTable {
  readonly #database: Connection;
  readonly #gateways = new Map<string, number>();
  readonly #epochs = new Map<number, Map<string, EpochRecord>>();
  readonly #changed = new Set<EpochRecord>();

  constructor(database: Connection) {
    this.#database = database;
    this.reload();
  }

  /** Forgets what a rolled back transaction did. */
  reload(): void {
    this.#gateways.clear();
    this.#epochs.clear();
    this.#changed.clear();
    const gateways = this.#database.prepare<{ ref: number; id: string }>(
      "select ref, id from gateway",
    );
    for (const { ref, id } of gateways.iterate()) this.#gateways.set(id, ref);
    const epochs = this.#database.prepare<EpochRow>("select * from epoch order by ref");
    for (const row of epochs.iterate()) {
      this.#ofGateway(row.gateway_ref).set(keyOf(row.stream, row.id), recordOf(row));
    }
  }

  get gatewayIds(): string[] {
    return [...this.#gateways.keys()];
  }

  gatewayRef(gatewayId: string): number {
    const known = this.#gateways.get(gatewayId);
    if (known !== undefined) return known;
    const insert = this.#database.prepare("insert into gateway (id) values (?)");
    const ref = Number(insert.run(gatewayId).lastInsertRowid);
    this.#gateways.set(gatewayId, ref);
    return ref;
  }

  /** Last touched first. */
  epochsOf(gatewayId: string): EpochRecord[] {
    const ref = this.#gateways.get(gatewayId);
    const own = ref === undefined ? [] : [...this.#ofGateway(ref).values()];
    return own.sort((a, b) => b.touchedMs - a.touchedMs || b.ref - a.ref);
  }

  /** The epoch to change; it is written back by `save`. */
  touch(gatewayRef: number, at: { stream: Stream; epoch: string; nowMs: number }): EpochRecord {
    const key = keyOf(at.stream, at.epoch);
    const own = this.#ofGateway(gatewayRef);
    const record = own.get(key) ?? this.#create(gatewayRef, at);
    own.set(key, record);
    record.touchedMs = at.nowMs;
    this.#changed.add(record);
    return record;
  }

  save(): void {
    const update = this.#database.prepare(
      `update epoch set reason = ?, stored = ?, thinned = ?, gone = ?, blocks = ?, samples = ?,
       thinned_samples = ?, duplicates = ?, conflicts = ?, fork = ?, last_sample_ms = ?,
       touched_ms = ? where ref = ?`,
    );
    for (const record of this.#changed) {
      const { reason, blockCount, sampleCount, thinnedSampleCount, stored, thinned, gone } = record;
      const spans = [stored, thinned, gone].map((some) => JSON.stringify(some));
      const { duplicateCount, conflictCount, fork, lastSampleMs, touchedMs, ref } = record;
      const counts = [blockCount, sampleCount, thinnedSampleCount, duplicateCount, conflictCount];
      update.run(reason, ...spans, ...counts, fork, lastSampleMs, touchedMs, ref);
    }
    this.#changed.clear();
  }

  #ofGateway(ref: number): Map<string, EpochRecord> {
    const own = this.#epochs.get(ref) ?? new Map<string, EpochRecord>();
    this.#epochs.set(ref, own);
    return own;
  }

  #create(
    gatewayRef: number,
    { stream, epoch, nowMs }: { stream: Stream; epoch: string; nowMs: number },
  ): EpochRecord {
    const row = this.#database
      .prepare<EpochRow>(
        "insert into epoch (gateway_ref, stream, id, touched_ms) values (?, ?, ?, ?) returning *",
      )
      .get(gatewayRef, stream, epoch, nowMs);
    if (row === undefined) throw new Error("an inserted epoch has no row");
    return recordOf(row);
  }
}

function keyOf(stream: Stream, epoch: string): string {
  return `${stream} ${epoch}`;
}

function recordOf(row: EpochRow): EpochRecord {
  const stored: Spans = JSON.parse(row.stored);
  const thinned: Spans = JSON.parse(row.thinned);
  const gone: Spans = JSON.parse(row.gone);
  return {
    ref: row.ref,
    gatewayRef: row.gateway_ref,
    stream: row.stream,
    epoch: row.id,
    reason: row.reason,
    stored,
    thinned,
    gone,
    covered: unionOf(unionOf(stored, thinned), gone),
    blockCount: row.blocks,
    sampleCount: row.samples,
    thinnedSampleCount: row.thinned_samples,
    duplicateCount: row.duplicates,
    conflictCount: row.conflicts,
    fork: row.fork,
    lastSampleMs: row.last_sample_ms,
    touchedMs: row.touched_ms,
  };
}
