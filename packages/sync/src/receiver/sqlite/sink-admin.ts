import { Misconfigured } from "@headgate/model";
import type { SinkStanding } from "../sinks/sink-outbox.ts";
import type { Connection } from "./connection.ts";
import { openDatabaseBeside } from "./open-database.ts";
import { storeFault } from "./store-fault.ts";

interface SinkRow {
  ref: number;
  name: string;
  waiting: number;
  handed: number;
  handed_ms: number | null;
  lost: number;
  fault: string | null;
  fault_ms: number | null;
}

/** How every sink stands that the store knows. */
export function readSinks(database: Connection): SinkStanding[] {
  const oldest = database.prepare<number>(
    `select stored_ms from outbox where sink_ref = ? and refused is null order by position limit 1`,
  );
  oldest.pluck();
  const aside = database.prepare<number>(
    "select count(*) from outbox where sink_ref = ? and refused is not null",
  );
  aside.pluck();
  const rows = database.prepare<SinkRow>("select * from sink order by name").all();
  return rows.map(({ ref, name, waiting, handed, handed_ms, lost, fault, fault_ms }) => ({
    sink: name,
    waitingCount: waiting,
    oldestMs: oldest.get(ref) ?? null,
    handedCount: handed,
    lastHandedMs: handed_ms,
    asideCount: aside.get(ref) ?? 0,
    lostCount: lost,
    fault: fault === null ? null : { reason: fault, nowMs: fault_ms ?? 0 },
  }));
}

/** Puts back into the queue what the sink refused; resolves with how many that were. */
export function retryAside(path: string, sink: string): number {
  return change(path, sink, (database, ref) => {
    const update = database.prepare(
      "update outbox set refused = null where sink_ref = ? and refused is not null",
    );
    const { changes } = update.run(ref);
    count(database, ref, changes);
    return changes;
  });
}

/** Queues the whole record anew for one sink; returns how many entries that are. */
export function refillSink(path: string, sink: string): number {
  return change(path, sink, (database, ref) => {
    database.prepare("delete from outbox where sink_ref = ? and refused is null").run(ref);
    const insert = database.prepare(
      `insert into outbox (sink_ref, epoch_ref, kind, first, last, stored_ms)
       select ?, epoch_ref, kind, first, last, stored_ms from (
         select epoch_ref, kind, seq as first, seq as last, stored_ms from block
         where kind <> 'thinned'
         union all select epoch_ref, 'thinned', first, last, stored_ms from thinned
         union all select epoch_ref, 'gap', first, last, recorded_ms from gap
       ) order by stored_ms, epoch_ref, first`,
    );
    const { changes } = insert.run(ref);
    database.prepare("update sink set waiting = ?, lost = 0 where ref = ?").run(changes, ref);
    return changes;
  });
}

/** Drops a sink and what waits for it; returns how many entries that were. */
export function forgetSink(path: string, sink: string): number {
  return change(path, sink, (database, ref) => {
    const { changes } = database.prepare("delete from outbox where sink_ref = ?").run(ref);
    database.prepare("delete from sink where ref = ?").run(ref);
    return changes;
  });
}

function count(database: Connection, ref: number, changes: number): void {
  database.prepare("update sink set waiting = waiting + ? where ref = ?").run(changes, ref);
}

/** In one transaction beside the writer, which is held up for its length. */
function change(
  path: string,
  sink: string,
  body: (database: Connection, ref: number) => number,
): number {
  const database = openDatabaseBeside(path);
  try {
    return database.transaction(() => {
      const find = database.prepare<number>("select ref from sink where name = ?").pluck();
      const ref = find.get(sink);
      if (ref !== undefined) return body(database, ref);
      const names = database.prepare<string>("select name from sink order by name").pluck().all();
      const known = names.length === 0 ? "none" : names.join(", ");
      throw new Misconfigured(`store "${path}" knows no sink "${sink}"; it knows ${known}`);
    })();
  } catch (error) {
    throw storeFault(error, `write store "${path}"`);
  } finally {
    database.close();
  }
}
