import { differenceOf, intersectionOf, type Spans } from "../../ranges.ts";
import type {
  ReceivedEpoch,
  ReceiverStatus,
  RecordedGap,
  RecordedThinned,
} from "../receive-status.ts";
import type { Database, Transaction } from "./database.ts";
import { EPOCH_COLUMNS, type EpochRow, type EpochState, epochOf } from "./epoch-state.ts";
import { readSinks } from "./sink-admin.ts";

/** What the store holds, all of the same moment. */
export async function readStatus(database: Database): Promise<ReceiverStatus> {
  return database.transact(async (transaction) => {
    await transaction.query("set transaction isolation level repeatable read, read only");
    const store = await transaction.query<{ value: string }>(
      "select value from store where key = 'incarnation'",
    );
    const found = await transaction.query<EpochRow & { gateway: string }>(
      `select gateway.id as gateway, ${EPOCH_COLUMNS} from epoch
       join gateway on gateway.ref = epoch.gateway_ref order by gateway.id, epoch.ref`,
    );
    const epochs: ReceivedEpoch[] = [];
    for (const row of found.rows) epochs.push(await receivedOf(transaction, row));
    const refused = await transaction.query<{ gateway: string; count: number; reason: string }>(
      `select id as gateway, refused as count, refused_reason as reason from gateway
       where refused > 0 order by id`,
    );
    const isComplete = epochs.every(
      ({ holes, conflictCount }) => holes.length === 0 && conflictCount === 0,
    );
    const sinks = await readSinks(transaction);
    const incarnation = String(store.rows[0]?.value);
    return { incarnation, epochs, refused: refused.rows, sinks, isComplete };
  });
}

async function receivedOf(
  transaction: Transaction,
  row: EpochRow & { gateway: string },
): Promise<ReceivedEpoch> {
  const state = epochOf(row);
  const max = state.covered.at(-1)?.last ?? 0;
  const holes = differenceOf([{ first: 1, last: max }], state.covered);
  const firstHole = holes[0];
  return {
    gateway: row.gateway,
    stream: state.stream,
    epoch: state.epoch,
    reason: state.reason,
    contiguousEnd: firstHole ? firstHole.first - 1 : max,
    max,
    blockCount: state.blockCount,
    sampleCount: state.sampleCount,
    holes,
    thinned: await thinnedOf(transaction, state),
    gaps: await gapsOf(transaction, state),
    duplicateCount: state.duplicateCount,
    conflictCount: state.conflictCount,
    lastSampleMs: state.lastSampleMs,
  };
}

async function thinnedOf(
  transaction: Transaction,
  { ref, thinned, thinnedSampleCount }: EpochState,
): Promise<RecordedThinned> {
  const { rows } = await transaction.query<{ kept: number | null }>(
    `select sum(samples)::int8 as kept from unnest($2::int8[], $3::int8[]) as span (first, last)
     join block on epoch_ref = $1 and seq between span.first and span.last`,
    [ref, thinned.map(({ first }) => first), thinned.map(({ last }) => last)],
  );
  return { spans: thinned, sampleCount: thinnedSampleCount, keptCount: rows[0]?.kept ?? 0 };
}

async function gapsOf(transaction: Transaction, state: EpochState): Promise<RecordedGap[]> {
  const gaps: RecordedGap[] = [];
  for (const { first, last, sampleCount, ...rest } of state.gaps) {
    const left: Spans = intersectionOf(state.gone, [{ first, last }]);
    const { rows } = await transaction.query<{ samples: number | null }>(
      `select sum(samples + thinned)::int8 as samples from block
       where epoch_ref = $1 and seq between $2 and $3`,
      [state.ref, first, last],
    );
    gaps.push({
      ...rest,
      first: left[0]?.first ?? first,
      last: left.at(-1)?.last ?? last,
      sampleCount: Math.max(0, sampleCount - (rows[0]?.samples ?? 0)),
    });
  }
  return gaps;
}
