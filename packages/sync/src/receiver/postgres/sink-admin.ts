import { Misconfigured } from "@headgate/model";
import type { SinkStanding } from "../sinks/sink-outbox.ts";
import { createDatabase, type Session, type Transaction } from "./database.ts";
import { expectStore } from "./migrate.ts";
import { postgresText } from "./texts.ts";

interface SinkRow {
  name: string;
  handed: number;
  handed_ms: number | null;
  lost: number;
  fault: string | null;
  fault_ms: number | null;
  waiting: number;
  oldest_ms: number | null;
  aside: number;
}

/** How every sink stands that the store knows. */
export async function readSinks(session: Session): Promise<SinkStanding[]> {
  const { rows } = await session.query<SinkRow>(
    `select sink.*,
       (select count(*) from outbox where sink_ref = sink.ref and refused is null) as waiting,
       (select count(*) from outbox where sink_ref = sink.ref and refused is not null) as aside,
       (select stored_ms from outbox where sink_ref = sink.ref and refused is null
        order by position limit 1) as oldest_ms
     from sink order by name`,
  );
  return rows.map(({ name, waiting, oldest_ms, handed, handed_ms, aside, lost, ...row }) => ({
    sink: name,
    waitingCount: waiting,
    oldestMs: oldest_ms,
    handedCount: handed,
    lastHandedMs: handed_ms,
    asideCount: aside,
    lostCount: lost,
    fault: row.fault === null ? null : { reason: row.fault, nowMs: row.fault_ms ?? 0 },
  }));
}

/** Puts back into the queue what the sink refused; resolves with how many that were. */
export function retryAside(url: string, sink: string): Promise<number> {
  return change(url, sink, (transaction, ref) =>
    transaction.query(
      "update outbox set refused = null where sink_ref = $1 and refused is not null",
      [ref],
    ),
  );
}

/** Queues the whole record anew for one sink; resolves with how many entries that are. */
export function refillSink(url: string, sink: string): Promise<number> {
  return change(url, sink, async (transaction, ref) => {
    await transaction.query("delete from outbox where sink_ref = $1 and refused is null", [ref]);
    await transaction.query("update sink set lost = 0 where ref = $1", [ref]);
    return transaction.query(
      `insert into outbox (sink_ref, gateway_ref, epoch_ref, kind, first, last, stored_ms)
       select $1::int, gateway_ref, epoch_ref, kind, first, last, stored_ms from (
         select epoch_ref, kind, seq as first, seq as last,
           (extract(epoch from stored_at) * 1000)::int8 as stored_ms from block
         where kind <> 'thinned'
         union all select epoch_ref, 'thinned', first, last, stored_ms from thinned
         union all select epoch_ref, 'gap', first, last, recorded_ms from gap
       ) as stored join epoch on epoch.ref = stored.epoch_ref
       order by stored_ms, epoch_ref, first`,
      [ref],
    );
  });
}

/** Drops a sink and what waits for it; resolves with how many entries that were. */
export function forgetSink(url: string, sink: string): Promise<number> {
  return change(url, sink, async (transaction, ref) => {
    const dropped = await transaction.query("delete from outbox where sink_ref = $1", [ref]);
    await transaction.query("delete from sink where ref = $1", [ref]);
    return dropped;
  });
}

async function change(
  url: string,
  sink: string,
  body: (transaction: Transaction, ref: number) => Promise<{ rowCount: number | null }>,
): Promise<number> {
  const database = await createDatabase(url);
  try {
    await expectStore(database);
    return await database.transact(async (transaction) => {
      const found = await transaction.query<{ ref: number; name: string }>(
        "select ref, name from sink order by name",
      );
      const ours = found.rows.find(({ name }) => name === postgresText(sink));
      if (ours !== undefined) return (await body(transaction, ours.ref)).rowCount ?? 0;
      const known = found.rows.map(({ name }) => name).join(", ") || "none";
      const { shown } = database.address;
      throw new Misconfigured(`store ${shown} knows no sink "${sink}"; it knows ${known}`);
    });
  } finally {
    await database.close();
  }
}
