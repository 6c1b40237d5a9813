import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Context,
  Misconfigured,
  Refused,
  silentLog,
  systemClock,
  Unreachable,
} from "@headgate/model";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CONTRACT_LIST, plainBlock } from "../../../testing/receiver-store-contract.ts";
import { receiveStatus } from "../receive-status.ts";
import { connect } from "../sqlite/connection.ts";
import { retryAside } from "../sqlite/sink-admin.ts";
import { openSqliteStore, type SqliteStore } from "../sqlite/sqlite-store.ts";
import { ASIDE_MAX, handOn } from "./hand-on.ts";
import type { Handover, Sink, SinkSession } from "./sink.ts";

let folder = "";
let path = "";
let store: SqliteStore;
const stopping: AbortController[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "headgate-hand-on-"));
  path = join(folder, "upstream.db");
  store = openSqliteStore(path);
  await store.addPointList({ gatewayId: "g", ...CONTRACT_LIST });
});
afterEach(async () => {
  for (const one of stopping.splice(0)) one.abort();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

type Take = SinkSession["take"];
const sinkOf = (name: string, take: Take): Sink => ({
  name,
  limits: { handoversMax: 4 },
  open: async () => ({ take, close: async () => {} }),
});

function started(sink: Sink) {
  const stop = new AbortController();
  stopping.push(stop);
  const { signal } = stop;
  const context: Context = { clock: systemClock, log: silentLog, signal, directory: "" };
  let onHealthy = () => {};
  const healthy = new Promise<void>((resolve) => {
    onHealthy = resolve;
  });
  const ended = handOn({ sink, outbox: store.outbox }, context, onHealthy);
  // Awaited by the test that expects it to fail.
  ended.catch(() => undefined);
  return { healthy, ended, stop: () => stop.abort() };
}

async function commit(first: number, last: number): Promise<void> {
  const seqs = Array.from({ length: last - first + 1 }, (_, at) => first + at);
  const arrivals = seqs.map((seq) => ({ gatewayId: "g", entry: plainBlock(seq) }));
  await store.commit(arrivals, Date.now());
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  while (!isSo()) {
    if (Date.now() > deadlineMs) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const seqsOf = (handovers: readonly Handover[]) =>
  handovers.map(({ entry }) => ("seq" in entry ? entry.seq : 0));
const standingOf = (sink: string) => receiveStatus(path).sinks.find((one) => one.sink === sink);

test("a sink that is away delays no other, and gets all when it is back, in order", async () => {
  const [here, back]: [number[], number[]] = [[], []];
  const good = started(sinkOf("good", async (some) => void here.push(...seqsOf(some))));
  const dead = started(sinkOf("dead", () => Promise.reject(new Unreachable("nobody there"))));
  await Promise.all([good.healthy, dead.healthy]);
  await commit(1, 6);
  await until("all at the good one", () => here.length === 6);
  await expect(dead.ended).rejects.toThrow("nobody there");
  expect(standingOf("dead")).toMatchObject({ waitingCount: 6, fault: { reason: "nobody there" } });
  const again = started(sinkOf("dead", async (some) => void back.push(...seqsOf(some))));
  await commit(7, 8);
  await until("all at the other", () => back.length === 8);
  expect(back).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  await until("its word", () => standingOf("dead")?.waitingCount === 0);
  expect(standingOf("dead")).toMatchObject({ handedCount: 8, fault: null });
  for (const one of [good, again]) one.stop();
  await Promise.all([good.ended, again.ended]);
});

test("a sink that takes nothing is not up, though it opens", async () => {
  await store.outbox.register("hook");
  await commit(1, 2);
  let isHealthy = false;
  const dead = started(sinkOf("hook", () => Promise.reject(new Unreachable("nobody there"))));
  void dead.healthy.then(() => {
    isHealthy = true;
  });
  await expect(dead.ended).rejects.toThrow("nobody there");
  expect(isHealthy).toBe(false);
  const back = started(sinkOf("hook", async () => {}));
  await back.healthy;
  expect(standingOf("hook")).toMatchObject({ handedCount: 2 });
  back.stop();
  await back.ended;
});

test("one block that is refused is set aside, the others pass; a person retries it", async () => {
  const passed: number[] = [];
  let isStrict = true;
  const running = started(
    sinkOf("picky", async (some) => {
      if (isStrict && seqsOf(some).includes(3)) throw new Refused("no threes");
      passed.push(...seqsOf(some));
    }),
  );
  await running.healthy;
  await commit(1, 6);
  await until("the others", () => passed.length === 5);
  expect(passed).toEqual([1, 2, 4, 5, 6]);
  await until("set aside", () => standingOf("picky")?.asideCount === 1);
  isStrict = false;
  expect(retryAside(path, "picky")).toBe(1);
  await commit(7, 7);
  await until("the three", () => passed.length === 7);
  expect(passed.slice(5)).toEqual([3, 7]);
  running.stop();
  await running.ended;
});

test("a sink that refuses as many as there may be aside is a person's matter", async () => {
  await store.outbox.register("never");
  await commit(1, 2);
  const beside = connect(path, { timeout: 5000 });
  beside.exec(`
    with recursive n (i) as (select 2 union all select i + 1 from n where i < ${ASIDE_MAX})
    insert into outbox (sink_ref, epoch_ref, kind, first, last, stored_ms, refused)
    select sink.ref, epoch.ref, 'data', i, i, 1, 'no' from n, sink, epoch`);
  beside.close();
  const refused = () => Promise.reject(new Refused("never"));
  await expect(started(sinkOf("never", refused)).ended).rejects.toThrow(Misconfigured);
  expect(standingOf("never")).toMatchObject({ asideCount: ASIDE_MAX, waitingCount: 1 });
});

test("what was under way when the process ended comes again", async () => {
  let taken: readonly Handover[] = [];
  const stuck = started(
    sinkOf("slow", (some) => {
      taken = some;
      return new Promise(() => {});
    }),
  );
  await stuck.healthy;
  await commit(1, 2);
  await until("the first take", () => taken.length === 2);
  stuck.stop();
  await stuck.ended;
  const keys: string[] = [];
  const next = started(sinkOf("slow", async (some) => void keys.push(...some.map((s) => s.key))));
  await until("both", () => keys.length === 2);
  expect(keys).toEqual(taken.map(({ key }) => key));
  next.stop();
  await next.ended;
});
