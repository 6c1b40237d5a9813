import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRecord, openStore, receive } from "@headgate/sync/receiver";
import { afterEach, beforeEach, expect, test } from "vitest";
import { contextOf, madeBlock, pointListOfSize } from "./peers/made-blocks.ts";
import { MadeGateway } from "./peers/made-gateway.ts";
import { Mosquitto } from "./peers/mosquitto.ts";
import { Postgres } from "./peers/postgres.ts";
import { type GatewayStatus, RunningGateway } from "./peers/running-gateway.ts";

const EPOCH = "main-epoch-1";
const list = pointListOfSize(10);
let folder = "";
let file = "";
let broker: Mosquitto;
let postgres: Postgres;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "headgate-restored-"));
  file = join(folder, "main.db");
  [broker, postgres] = await Promise.all([Mosquitto.start(), Postgres.start()]);
});
afterEach(async () => {
  await Promise.all([broker.stop(), postgres.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

async function started(receiverId: string, address: string) {
  const stopping = new AbortController();
  const store = await openStore(address);
  const options = { url: broker.url, store, receiverId, gapTimeoutMs: 300 };
  const ended = receive(options, contextOf(stopping.signal), () => {}).finally(() => store.close());
  // Awaited in `stop`.
  ended.catch(() => undefined);
  return async () => {
    stopping.abort();
    await ended;
  };
}

async function statusOf(address: string) {
  const record = await openRecord(address);
  const status = await record.status().finally(() => record.close());
  return { ...status, epoch: status.epochs.find(({ epoch }) => epoch === EPOCH) };
}

async function untilHeld(address: string, last: number): Promise<void> {
  const deadlineMs = Date.now() + 60_000;
  for (;;) {
    const { epoch } = await statusOf(address);
    if (epoch?.contiguousEnd === last) return;
    if (Date.now() > deadlineMs) throw new Error(`${address} holds ${epoch?.contiguousEnd}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Answers requests for what it still keeps, and with gaps for what it does not. */
function answering(gateway: MadeGateway, oldest: () => number): () => void {
  const turn = setInterval(() => {
    for (const request of gateway.requests.splice(0)) {
      if (request.op === "points") void gateway.sendList();
      else {
        const { lo, hi } = request;
        const keptFrom = oldest();
        const numbers = Array.from({ length: hi - lo + 1 }, (_, at) => lo + at);
        const kept = numbers.filter((number) => number >= keptFrom);
        const gone = { first: lo, last: Math.min(hi, keptFrom - 1), sampleCount: 0 };
        const gap = {
          kind: "gap",
          stream: "main",
          epoch: EPOCH,
          ...gone,
          fromMs: 0,
          toMs: 0,
        } as const;
        const gaps = lo < keptFrom ? [{ ...gap, reason: "expired" } as const] : [];
        void gateway.send([...gaps, ...kept.map((number) => madeBlock(list, number))]);
      }
    }
  }, 20);
  return () => clearInterval(turn);
}

test("restored from yesterday's backup, both receivers notice, ask, and are complete", async () => {
  const archive = postgres.url("archive");
  const stores = [file, archive];
  const gateway = await MadeGateway.connect(broker.url, "g-1", list);
  let keptFrom = 1;
  const hush = answering(gateway, () => keptFrom);
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, at) => madeBlock(list, from + at));
  const run = async (from: number, to: number) => {
    const stops = [await started("main", file), await started("archive", archive)];
    if (from <= to) {
      await gateway.sendList();
      await gateway.send(numbers(from, to));
    }
    await gateway.sayHello(EPOCH, to);
    for (const store of stores) await untilHeld(store, to);
    for (const stop of stops) await stop();
  };
  await run(1, 10);
  const before = await Promise.all(stores.map(statusOf));
  copyFileSync(file, join(folder, "backup.db"));
  const dump = postgres.run("pg_dump", ["-d", "postgres", "-n", "archive"]);
  await run(11, 30);
  const same = await Promise.all(stores.map(statusOf));
  expect(same.map(({ incarnation }) => incarnation)).toEqual(
    before.map(({ incarnation }) => incarnation),
  );

  for (const end of ["", "-wal", "-shm"]) rmSync(`${file}${end}`, { force: true });
  copyFileSync(join(folder, "backup.db"), file);
  postgres.sql("drop schema archive cascade");
  postgres.run("psql", ["-d", "postgres", "-q", "-v", "ON_ERROR_STOP=1"], dump);
  expect((await statusOf(archive)).epoch?.contiguousEnd).toBe(10);
  keptFrom = 15;
  await run(31, 30);
  hush();
  gateway.close();

  for (const [at, store] of stores.entries()) {
    const { epoch, isComplete, incarnation } = await statusOf(store);
    expect(isComplete).toBe(true);
    expect(epoch?.gaps).toMatchObject([{ first: 11, last: 14, reason: "expired" }]);
    expect(epoch?.sampleCount).toBe(26 * list.pointIds.length);
    expect(incarnation).not.toBe(before[at]?.incarnation);
  }
}, 240_000);

test("a real gateway gives both what it still keeps: nothing is a gap", async () => {
  const archive = postgres.url("archive");
  const stores = [file, archive];
  const uplink = { type: "mqtt", url: broker.url, receivers: ["main", "archive"] };
  const gateway = await RunningGateway.prepare({
    channels: { waves: { driver: "simulated" } },
    devices: { tank: { channel: "waves", scan: "50 ms", points: { level: {} } } },
    uplinks: { cloud: uplink },
  });
  let stops = [await started("main", file), await started("archive", archive)];
  const stopAll = () => Promise.all(stops.map((stop) => stop()));
  try {
    gateway.start();
    for (const store of stores) await untilMore(store, 10);
    await stopAll();
    copyFileSync(file, join(folder, "backup.db"));
    const dump = postgres.run("pg_dump", ["-d", "postgres", "-n", "archive"]);
    stops = [await started("main", file), await started("archive", archive)];
    for (const store of stores) await untilMore(store, 30);
    await stopAll();
    for (const end of ["", "-wal", "-shm"]) rmSync(`${file}${end}`, { force: true });
    copyFileSync(join(folder, "backup.db"), file);
    postgres.sql("drop schema archive cascade");
    postgres.run("psql", ["-d", "postgres", "-q", "-v", "ON_ERROR_STOP=1"], dump);
    stops = [await started("main", file), await started("archive", archive)];
    for (const store of stores) await untilMore(store, 45);
    const { buffer } = await gateway.status();
    for (const store of stores) await untilMore(store, headOf(buffer));
    expect(await gateway.stop()).toBe(0);
    await stopAll();
  } finally {
    await gateway.end();
  }
  for (const store of stores) {
    const { epochs, isComplete } = await statusOf(store);
    expect(isComplete).toBe(true);
    expect(epochs.flatMap(({ gaps }) => gaps)).toEqual([]);
  }
}, 240_000);

const headOf = ({ streams }: GatewayStatus["buffer"]) =>
  streams.find(({ stream }) => stream === "main")?.headSeq ?? 0;

/** Until all of stream main is there, at least up to `last`. */
async function untilMore(address: string, last: number): Promise<void> {
  const deadlineMs = Date.now() + 60_000;
  for (;;) {
    const { epochs } = await statusOf(address);
    const main = epochs.find(({ stream }) => stream === "main");
    if (main && main.contiguousEnd >= last) return;
    if (Date.now() > deadlineMs) throw new Error(`${address} holds ${main?.contiguousEnd}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("a PostgreSQL store that stays in its place keeps its life, a copy has another", async () => {
  const url = postgres.url("lives");
  const lifeOf = async (address: string) => {
    const store = await openStore(address);
    await store.close();
    return store.incarnation;
  };
  const first = await lifeOf(url);
  for (const how of ["freeze", "full"]) postgres.sql(`vacuum ${how} lives.store`);
  await postgres.restart();
  expect(await lifeOf(url)).toBe(first);
  const dump = postgres.run("pg_dump", ["-d", "postgres", "-n", "lives"]);
  postgres.sql("create database other");
  postgres.run("psql", ["-d", "other", "-q", "-v", "ON_ERROR_STOP=1"], dump);
  const other = await lifeOf(postgres.url("lives", "other"));
  expect(other).not.toBe(first);
  expect(await lifeOf(postgres.url("lives", "other"))).toBe(other);
  const rows = postgres.run("pg_dump", ["-d", "postgres", "-n", "lives", "--data-only"]);
  const tables = postgres.sql(
    "select string_agg('lives.' || tablename, ', ') from pg_tables where schemaname = 'lives'",
  );
  postgres.sql(`truncate ${tables}`);
  postgres.run("psql", ["-d", "postgres", "-q", "-v", "ON_ERROR_STOP=1"], rows);
  expect(await lifeOf(url)).not.toBe(first);
});
