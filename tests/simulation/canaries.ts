import { join } from "node:path";
import { openSqlite } from "@headgate/sync/cores";
import { acknowledgingAtRead, forgettingRenamed, tellingLate } from "./buffer-canaries.ts";
import type { Canary } from "./canary.ts";
import { committing, losing } from "./link-canaries.ts";
import { hearing, holdingToRefused, sending, trustingBroker } from "./session-canaries.ts";
import { acknowledgingEarly, dedupingByTime } from "./store-canaries.ts";

/** A buffer that runs full in each outage. */
const SMALL = {
  quotas: {
    capacityBytesMax: 40 * 1024,
    eventsCapacityBytesMax: 20 * 1024,
    keepRawMs: 20_000,
    keepAckedBytesMax: 0,
  },
};

/** Each by the mistake that it is; made anew for each world. */
export const CANARIES: Readonly<Record<string, () => Canary>> = {
  "the cursor moves before anything is sent": () => ({ wrapBuffer: acknowledgingAtRead }),
  "the cursor moves with the broker's word where the receiver's counts": () => ({
    wrapSession: trustingBroker,
  }),
  "gap records are forgotten": () => ({
    wrapSession: (session) => sending(session, ({ kind }) => kind !== "gap"),
  }),
  "what was thinned is not told": () => ({
    plan: SMALL,
    wrapSession: (session) => sending(session, ({ kind }) => kind !== "thinned"),
  }),
  "what is asked for again is not sent": () => ({
    wrapSession: (session) => sending(session, (_entry, lane) => lane !== "r"),
  }),
  "a block that is refused ends the session": () => ({ wrapSession: holdingToRefused }),
  "live samples wait for the backlog": () => ({ wrapBuffer: tellingLate }),
  "a scan is kept twice": () => ({
    wrapBuffer: (buffer) => ({
      ...buffer,
      append: (samples, stream) => buffer.append([...samples, ...samples], stream),
    }),
  }),
  "a sample is dropped on its way into the buffer": () => ({
    wrapBuffer: (buffer) => ({
      ...buffer,
      append: (samples, stream) => buffer.append(samples.slice(1), stream),
    }),
  }),
  "a device of a new name drops the backlog": () => ({
    plan: { hasEdits: true },
    wrapBuffer: forgettingRenamed(),
  }),
  "a commit is acknowledged before it is on the disk": () => ({ afterKill: loseLastBlock }),
  "blocks are deleted without a gap record": () => ({
    plan: SMALL,
    wrapDisk: (disk) => committing(disk, ({ reason }) => reason !== "capacity"),
  }),
  "a gap record does not say how many samples are gone": () => ({
    wrapDisk: (disk) => committing(disk, () => true, 0),
  }),
  "point lists are not sent": () => ({
    wrapGatewayDial: (dial) => losing(dial, (topic) => /\/m\//.test(topic)),
  }),
  "a restored database goes on in its old epoch": () => ({
    plan: { mishap: "restored" },
    afterRestore: (folder) => change(folder, "delete from meta where key = 'identity'"),
    wrapSession: (session) => hearing(session, ({ kind }) => kind !== "diverged"),
  }),
  "what receivers and fence know of a rollback is not heard": () => ({
    plan: { mishap: "restored-in-place" },
    wrapSession: (session) => hearing(session, ({ kind }) => kind !== "diverged"),
  }),
  "the receiver acknowledges before it commits": () => ({ wrapStore: acknowledgingEarly }),
  "the receiver drops what is not newer than what it has": () => ({ wrapStore: dedupingByTime }),
  "the receiver never asks for a hole": () => ({
    plan: { mishap: "receiver-restored" },
    wrapReceiverDial: (dial) => losing(dial, (topic) => /\/req\//.test(topic)),
  }),
  "a killed receiver loses a part of its last commit": () => ({
    afterReceiverKill: loseLastSamples,
  }),
};

/** What a disk does that says "written" too early. */
function loseLastBlock(folder: string): void {
  change(
    folder,
    `create temp table lost as select max(id) as id from main_block where kind = 'data';
     update epoch set next = (select id from lost) % (1 << 36)
       where no = (select id from lost) / (1 << 36);
     delete from main_block where id = (select id from lost);`,
  );
}

function loseLastSamples(path: string): void {
  const database = openSqlite(path, 0);
  database.exec(
    `delete from sample where (epoch_ref, block) =
       (select epoch_ref, seq from block where kind = 'data' order by stored_ms desc limit 1)`,
  );
  database.close();
}

function change(folder: string, sql: string): void {
  const database = openSqlite(join(folder, "buffer.db"), 0);
  database.exec(sql);
  database.close();
}
