import { Misconfigured } from "@headgate/model";
import { Bell } from "../../drain/bell.ts";
import { type HandoverLimits, keyOf } from "../sinks/sink.ts";
import type { Queued, Remark, SinkOutbox, SinkStanding } from "../sinks/sink-outbox.ts";
import type { Database } from "./database.ts";
import { type HeadRow, readEntries } from "./read-entries.ts";
import { readSinks } from "./sink-admin.ts";
import { postgresText } from "./texts.ts";

/** References kept for one sink: about 150 bytes each. */
export const QUEUED_MAX = 5_000_000;
/** How much of a queue may be added before it is looked whether it is full. */
const UNCHECKED_PART = 1 / 100;

/** Whose gateways an outbox is for, and how much it holds. */
export interface OutboxOptions {
  /** Null: those of all that have none. */
  readonly shard: string | null;
  readonly queuedMax: number;
}

/** The outbox of a PostgreSQL store: of the gateways that the store's writer owns. */
export class PostgresOutbox implements SinkOutbox {
  readonly #database: Database;
  readonly #options: OutboxOptions;
  readonly #bells = new Map<string, Bell>();
  #uncheckedCount = 0;

  constructor(database: Database, options: OutboxOptions) {
    this.#database = database;
    this.#options = options;
  }

  async known(): Promise<readonly string[]> {
    const { rows } = await this.#database.query<{ name: string }>(
      "select name from sink order by name",
    );
    return rows.map(({ name }) => name);
  }

  standing(): Promise<readonly SinkStanding[]> {
    return readSinks(this.#database);
  }

  async register(sink: string): Promise<void> {
    this.#bellOf(sink);
    await this.#database.query("insert into sink (name) values ($1) on conflict do nothing", [
      postgresText(sink),
    ]);
  }

  async next(sink: string, limits: HandoverLimits): Promise<readonly Queued[]> {
    for (;;) {
      const ref = await this.#refOf(sink);
      const heads = await this.#heads(ref, limits.handoversMax);
      const there = heads.filter(({ isThere }) => isThere);
      const passed = heads.filter(({ isThere }) => !isThere);
      if (passed.length > 0) {
        await this.#remove(
          ref,
          passed.map(({ position }) => position),
        );
      }
      // A whole page of what is no more: what follows it may still be there.
      if (there.length === 0 && heads.length === limits.handoversMax) continue;
      const taken = withinLimit(there, limits.samplesMax);
      const entries = await readEntries(this.#database, taken);
      return taken.map(({ position, gateway: gatewayId, storedMs }, at) => {
        const entry = entries[at];
        if (entry === undefined) throw new Error("an entry was not read");
        return { position, key: keyOf(gatewayId, entry), gatewayId, entry, storedMs };
      });
    }
  }

  async done(sink: string, positions: readonly number[], nowMs: number): Promise<void> {
    const count = await this.#remove(await this.#refOf(sink), positions);
    await this.#database.query(
      `update sink set handed = handed + $2, handed_ms = $3, fault = null, fault_ms = null
       where name = $1`,
      [postgresText(sink), count, nowMs],
    );
  }

  async setAside(sink: string, position: number, remark: Remark): Promise<number> {
    const ref = await this.#refOf(sink);
    await this.#database.query(
      "update outbox set refused = $3 where sink_ref = $1 and position = $2",
      [ref, position, postgresText(remark.reason)],
    );
    await this.noteFault(sink, remark);
    const { rows } = await this.#database.query<{ count: number }>(
      "select count(*) as count from outbox where sink_ref = $1 and refused is not null",
      [ref],
    );
    return rows[0]?.count ?? 0;
  }

  async noteFault(sink: string, { reason, nowMs }: Remark): Promise<void> {
    await this.#database.query("update sink set fault = $2, fault_ms = $3 where name = $1", [
      postgresText(sink),
      postgresText(reason),
      nowMs,
    ]);
  }

  async queued(sink: string, signal: AbortSignal): Promise<void> {
    await this.#bellOf(sink).rung(signal);
  }

  /** So many entries were committed. */
  async noteQueued(count: number): Promise<void> {
    if (count === 0) return;
    this.#uncheckedCount += count;
    const { queuedMax } = this.#options;
    if (this.#uncheckedCount >= queuedMax * UNCHECKED_PART) {
      this.#uncheckedCount = 0;
      await this.#trim(queuedMax);
    }
    for (const bell of this.#bells.values()) bell.ring();
  }

  /** Drops the oldest references of queues that are too long, and counts them. */
  async #trim(queuedMax: number): Promise<void> {
    await this.#database.query(
      `with newest as (
         select ref, (select position from outbox where sink_ref = sink.ref and refused is null
           order by position desc offset $1 limit 1) as position from sink
       ), dropped as (
         delete from outbox using newest where outbox.sink_ref = newest.ref
         and outbox.position <= newest.position and refused is null returning sink_ref
       ), counted as (select sink_ref, count(*) as count from dropped group by sink_ref)
       update sink set lost = lost + counted.count from counted where sink.ref = counted.sink_ref`,
      [queuedMax],
    );
  }

  /** The oldest of each gateway of ours, and of these the oldest. */
  async #heads(ref: number, countMax: number): Promise<HeadRow[]> {
    const { rows } = await this.#database.query<HeadRow>(
      `select waiting.position, gateway.id as gateway, epoch.stream, epoch.id as epoch,
         waiting.epoch_ref as "epochRef", waiting.kind, waiting.first, waiting.last,
         waiting.stored_ms as "storedMs", block.ref as "blockRef",
         coalesce(block.hash, thinned.hash)::text as hash,
         coalesce(block.samples, thinned.kept, gap.samples) as "sampleCount",
         coalesce(block.from_ms, thinned.from_ms, gap.from_ms) as "fromMs",
         coalesce(block.to_ms, thinned.to_ms, gap.to_ms) as "toMs", gap.reason,
         dating.shift as "shiftMs", dating.is_corrected as "isCorrected",
         coalesce(block.epoch_ref, thinned.epoch_ref, gap.epoch_ref) is not null as "isThere"
       from gateway cross join lateral (
         select * from outbox where sink_ref = $1 and gateway_ref = gateway.ref
         and refused is null order by position limit $2
       ) as waiting
       join epoch on epoch.ref = waiting.epoch_ref
       left join block on waiting.kind not in ('gap', 'thinned')
         and block.epoch_ref = waiting.epoch_ref and block.seq = waiting.first
         and block.kind <> 'thinned'
       left join thinned on waiting.kind = 'thinned' and thinned.epoch_ref = waiting.epoch_ref
         and thinned.first = waiting.first and thinned.last = waiting.last
       left join lateral (
         select max(shift_ms) as shift, bool_or(is_corrected) as is_corrected from unsynced
         where waiting.kind <> 'gap' and unsynced.epoch_ref = waiting.epoch_ref
         and unsynced.seq between waiting.first and waiting.last
       ) as dating on true
       left join gap on waiting.kind = 'gap' and gap.epoch_ref = waiting.epoch_ref
         and gap.first = waiting.first and gap.last = waiting.last
       where gateway.shard is not distinct from $3 order by waiting.position limit $2`,
      [ref, countMax, this.#options.shard],
    );
    return rows;
  }

  async #remove(ref: number, positions: readonly number[]): Promise<number> {
    const { rowCount } = await this.#database.query(
      // The key begins with the sink: without it every row would be looked at.
      "delete from outbox where sink_ref = $1 and position = any($2::int8[])",
      [ref, positions],
    );
    return rowCount ?? 0;
  }

  async #refOf(sink: string): Promise<number> {
    const { rows } = await this.#database.query<{ ref: number }>(
      "select ref from sink where name = $1",
      [postgresText(sink)],
    );
    if (rows[0] !== undefined) return rows[0].ref;
    throw new Misconfigured(`sink "${sink}": the store has forgotten it; start again to add it`);
  }

  #bellOf(sink: string): Bell {
    const bell = this.#bells.get(sink) ?? new Bell();
    this.#bells.set(sink, bell);
    return bell;
  }
}

/** The first, and what goes with it. */
function withinLimit(heads: readonly HeadRow[], samplesMax: number): HeadRow[] {
  let sampleCount = 0;
  const end = heads.findIndex(({ kind, sampleCount: own }, at) => {
    sampleCount += kind === "gap" ? 0 : (own ?? 0);
    return at > 0 && sampleCount > samplesMax;
  });
  return end < 0 ? [...heads] : heads.slice(0, end);
}
