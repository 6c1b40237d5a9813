import { differenceOf, type Spans } from "../../ranges.ts";
import type { Change, CommitPlan, NewThinned } from "./commit-plan.ts";
import { CopyIn } from "./copy-in.ts";
import { COPY_SAMPLES } from "./copy-rows.ts";
import type { Transaction } from "./database.ts";
import { multirangeOf } from "./multirange.ts";
import type { Queued } from "./planned-rows.ts";
import { postgresText, storedHash } from "./texts.ts";

/** Another writer changed a row since it was read here: read anew, and plan anew. */
export class Stale extends Error {
  override name = "Stale";
}

/** What else the transaction writes down. */
export interface WriteOptions {
  readonly nowMs: number;
  /** Of the shard's lease; null without shards. */
  readonly token: number | null;
}

/**
 * Does what the plan says. Samples come first: they lock nothing, so that a process which is halted
 * while the server waits for their bytes keeps no other one from going on.
 */
export async function writePlan(
  transaction: Transaction,
  plan: CommitPlan,
  options: WriteOptions,
): Promise<void> {
  if (plan.samples.rowCount > 0) {
    const copy = new CopyIn(COPY_SAMPLES, plan.samples.finish());
    transaction.query(copy);
    await copy.done;
  }
  await updateEpochs(transaction, [...plan.changes.values()]);
  await dropThinned(transaction, plan);
  if (plan.blocks.size > 0) await insertBlocks(transaction, plan, options);
  await writeGaps(transaction, [...plan.changes.values()], options);
  await writeThinned(transaction, plan, options);
  const dated = await plan.clocks.write(transaction);
  await insertOddities(transaction, plan, options);
  // Who has them already gets them again, with the times that are known now.
  await insertQueued(transaction, [...plan.queued, ...dated], options);
}

/** For every sink that is known, in the order of the arrivals. */
async function insertQueued(
  transaction: Transaction,
  queued: readonly Queued[],
  { nowMs }: WriteOptions,
): Promise<void> {
  if (queued.length === 0) return;
  await transaction.query(
    `insert into outbox (sink_ref, gateway_ref, epoch_ref, kind, first, last, stored_ms)
     select sink.ref, gateway_ref, epoch_ref, kind, first, last, $6 from sink
     cross join unnest($1::int[], $2::int[], $3::text[], $4::int8[], $5::int8[]) with ordinality
       as stored (gateway_ref, epoch_ref, kind, first, last, place) order by place`,
    [
      queued.map(({ gatewayRef }) => gatewayRef),
      queued.map(({ epochRef }) => epochRef),
      queued.map(({ kind }) => kind),
      queued.map(({ first }) => first),
      queued.map(({ last }) => last),
      nowMs,
    ],
  );
}

/** First of all that locks: of two writers of one epoch the second finds another version. */
async function updateEpochs(transaction: Transaction, changes: readonly Change[]): Promise<void> {
  const sorted = [...changes].sort((a, b) => a.after.ref - b.after.ref);
  const column = <T>(of: (change: Change) => T) => sorted.map(of);
  const { rowCount } = await transaction.query(
    `update epoch set version = epoch.version + 1,
       stored = epoch.stored + new.now_stored::int8multirange,
       thinned = epoch.thinned + new.now_thinned::int8multirange - new.now_stored::int8multirange,
       gone = epoch.gone + new.now_gone::int8multirange - new.now_thinned::int8multirange
         - new.now_stored::int8multirange,
       blocks = new.blocks, samples = new.samples, thinned_samples = new.thinned_samples,
       duplicates = new.duplicates,
       conflicts = new.conflicts, fork = new.fork, last_sample_ms = new.last_sample_ms,
       reason = new.reason, touched_ms = new.touched_ms
     from unnest($1::int[], $2::int8[], $3::text[], $4::text[], $5::text[], $6::int8[], $7::int8[],
       $8::int8[], $9::int8[], $10::int8[], $11::int8[], $12::int8[], $13::text[], $14::int8[])
       as new (ref, version, now_stored, now_thinned, now_gone, blocks, samples, thinned_samples,
         duplicates, conflicts, fork, last_sample_ms, reason, touched_ms)
     where epoch.ref = new.ref and epoch.version = new.version`,
    [
      column(({ before }) => before.ref),
      column(({ before }) => before.version),
      column(({ before, after }) => multirangeOf(news(before.stored, after.stored))),
      column(({ before, after }) => multirangeOf(news(before.thinned, after.thinned))),
      column(({ before, after }) => multirangeOf(news(before.gone, after.gone))),
      column(({ after }) => after.blockCount),
      column(({ after }) => after.sampleCount),
      column(({ after }) => after.thinnedSampleCount),
      column(({ after }) => after.duplicateCount),
      column(({ after }) => after.conflictCount),
      column(({ after }) => after.fork),
      column(({ after }) => after.lastSampleMs),
      column(({ after }) => (after.reason === null ? null : postgresText(after.reason))),
      column(({ after }) => after.touchedMs),
    ],
  );
  if (rowCount !== sorted.length) throw new Stale("an epoch was changed by another writer");
}

function news(before: Spans, after: Spans): Spans {
  return before === after ? [] : differenceOf(after, before);
}

async function insertBlocks(
  transaction: Transaction,
  plan: CommitPlan,
  { token }: WriteOptions,
): Promise<void> {
  const blocks = [...plan.blocks.values()];
  await transaction.query(
    `insert into block (epoch_ref, seq, ref, hash, kind, samples, from_ms, to_ms, thinned,
       stored_at, token)
     select *, clock_timestamp(), $10::int8
     from unnest($1::int[], $2::int8[], $3::int8[], $4::int8[], $5::text[], $6::int[], $7::int8[],
       $8::int8[], $9::int8[])`,
    [
      blocks.map(({ epochRef }) => epochRef),
      blocks.map(({ block }) => block.seq),
      blocks.map(({ ref }) => ref),
      blocks.map(({ block }) => storedHash(block.hash)),
      blocks.map(({ block }) => block.kind),
      blocks.map(({ block }) => block.sampleCount),
      blocks.map(({ block }) => block.fromMs),
      blocks.map(({ block }) => block.toMs),
      blocks.map(({ thinnedCount }) => thinnedCount),
      token,
    ],
  );
}

/** Rows of thinned numbers that came as blocks, and entries of which nothing is left. */
async function dropThinned(transaction: Transaction, plan: CommitPlan): Promise<void> {
  if (plan.droppedRefs.length > 0) {
    const refs = [plan.droppedRefs];
    await transaction.query("delete from sample where block_ref = any($1::int8[])", refs);
    await transaction.query("delete from block where ref = any($1::int8[])", refs);
  }
  for (const { before, after } of plan.changes.values()) {
    const firsts = before.entries
      .filter((entry) => !after.entries.includes(entry))
      .map(({ first }) => first);
    if (firsts.length === 0) continue;
    for (const table of ["thinned", "minute"]) {
      await transaction.query(
        `delete from ${table} where epoch_ref = $1 and first = any($2::int8[])`,
        [after.ref, firsts],
      );
    }
  }
}

async function writeThinned(
  transaction: Transaction,
  plan: CommitPlan,
  { nowMs }: WriteOptions,
): Promise<void> {
  for (const { after } of plan.changes.values()) {
    for (const record of after.entries) {
      const fresh = plan.thinned.get(record);
      if (fresh) await insertThinned(transaction, after.ref, { ...fresh, nowMs });
    }
  }
}

async function insertThinned(
  transaction: Transaction,
  epochRef: number,
  { entry, minutes, nowMs }: NewThinned & { readonly nowMs: number },
): Promise<void> {
  const { first, last, hash, sampleCount, keptCount, fromMs, toMs } = entry;
  const counts = [sampleCount, keptCount, fromMs, toMs, nowMs];
  await transaction.query("insert into thinned values ($1, $2, $3, $4, $5, $6, $7, $8, $9)", [
    ...[epochRef, first, last, storedHash(hash), ...counts],
  ]);
  if (minutes.length === 0) return;
  await transaction.query(
    `insert into minute select $1, $2, * from unnest($3::int[], $4::int8[], $5::float8[],
       $6::float8[], $7::float8[], $8::float8[], $9::int8[], $10::int2[])`,
    [
      epochRef,
      first,
      minutes.map(({ pointRef }) => pointRef),
      minutes.map(({ minuteMs }) => minuteMs),
      minutes.map(({ min }) => min),
      minutes.map(({ max }) => max),
      minutes.map(({ mean }) => mean),
      minutes.map(({ last: latest }) => latest),
      minutes.map(({ count }) => count),
      minutes.map(({ isUncertain }) => (isUncertain ? 1 : 0)),
    ],
  );
}

async function writeGaps(
  transaction: Transaction,
  changes: readonly Change[],
  { nowMs }: WriteOptions,
): Promise<void> {
  for (const { before, after } of changes) {
    if (before.gaps === after.gaps) continue;
    const dropped = before.gaps.filter((gap) => !after.gaps.includes(gap));
    const added = after.gaps.filter((gap) => !before.gaps.includes(gap));
    if (dropped.length > 0) {
      await transaction.query(
        `delete from gap using unnest($2::int8[], $3::int8[]) as old (first, last)
         where epoch_ref = $1 and gap.first = old.first and gap.last = old.last`,
        [after.ref, dropped.map(({ first }) => first), dropped.map(({ last }) => last)],
      );
    }
    for (const { first, last, sampleCount, fromMs, toMs, reason } of added) {
      await transaction.query("insert into gap values ($1, $2, $3, $4, $5, $6, $7, $8)", [
        ...[after.ref, first, last, sampleCount, fromMs, toMs, reason, nowMs],
      ]);
    }
  }
}

/** What is rare. */
async function insertOddities(
  transaction: Transaction,
  plan: CommitPlan,
  { nowMs }: WriteOptions,
): Promise<void> {
  for (const [gatewayRef, { count, reason }] of plan.refusals) {
    await transaction.query(
      "update gateway set refused = refused + $2, refused_reason = $3 where ref = $1",
      [gatewayRef, count, postgresText(reason)],
    );
  }
  for (const { epochRef, seq, hash, keptHash, body } of plan.conflicts) {
    await transaction.query(
      `insert into conflict (epoch_ref, seq, hash, kept_hash, seen_ms, body)
       values ($1, $2, $3, $4, $5, $6) on conflict (epoch_ref, seq, hash)
       do update set times = conflict.times + 1, seen_ms = excluded.seen_ms`,
      [epochRef, seq, hash, keptHash, nowMs, body],
    );
  }
  for (const { epochRef, seq, pointRef, media } of plan.media) {
    const { timestampMs, contentType, bytes } = media;
    const texts = [postgresText(media.name), postgresText(contentType)];
    await transaction.query("insert into media values ($1, $2, $3, $4, $5, $6, $7)", [
      ...[epochRef, seq, pointRef, timestampMs, ...texts, Buffer.from(bytes)],
    ]);
  }
}
