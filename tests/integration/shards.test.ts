import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { openPostgresStore, openRecord } from "@headgate/sync/receiver";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort } from "./peers/free-port.ts";
import { madeBlock, pointListOfSize } from "./peers/made-blocks.ts";
import { MadeGateway } from "./peers/made-gateway.ts";
import { Mosquitto } from "./peers/mosquitto.ts";
import { Postgres } from "./peers/postgres.ts";

const MAIN = join(import.meta.dirname, "../../packages/gateway/src/main.ts");
const SHARDS = ["0", "1", "2", "3"];
const GATEWAYS = 8;
const EPOCH = "main-epoch-1";
const list = pointListOfSize(5);

let broker: Mosquitto;
let postgres: Postgres;
let store = "";
let isOver = false;
const children = new Map<string, ChildProcess>();

beforeEach(async () => {
  isOver = false;
  [broker, postgres] = await Promise.all([Mosquitto.start(), Postgres.start()]);
  store = postgres.url("shards");
  // Its tables are looked into from the start.
  await (await openPostgresStore(store)).close();
});
afterEach(async () => {
  isOver = true;
  for (const name of [...children.keys()]) await end(name, "SIGKILL");
  await broker.stop();
  await postgres.stop();
});

function headgate(...words: string[]): ChildProcess {
  const command = ["--conditions=headgate-source", MAIN, "receive", ...words, "--store", store];
  return spawn(process.execPath, command, { stdio: "ignore" });
}

function start(instance: string, ...more: string[]): void {
  const words = ["--url", broker.url, "--shards", String(SHARDS.length), "--lease", "2"];
  children.set(instance, headgate(...words, "--instance", instance, ...more));
}

async function end(instance: string, signal: NodeJS.Signals): Promise<number | null> {
  const child = children.get(instance);
  children.delete(instance);
  if (!child || child.exitCode !== null || child.signalCode !== null) return null;
  const exited = once(child, "exit");
  child.kill("SIGCONT");
  child.kill(signal);
  const [code] = await exited;
  return code;
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 60_000;
  while (!isSo()) {
    if (Date.now() > deadlineMs) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const owners = () =>
  postgres.sql("select coalesce(owner, '-') from shards.shard order by name").split("\n");
const areOwnedBy = (...names: string[]) =>
  owners().every((owner) => names.includes(owner)) &&
  names.every((name) => owners().includes(name));
const ackedTo = ({ ack }: MadeGateway) => ack?.streams.find(({ ep }) => ep === EPOCH)?.w ?? 0;

/** Gives a block each 50 ms, and again whatever is not acknowledged. */
async function give(gateway: MadeGateway, untilOver: () => boolean): Promise<number> {
  await gateway.sendList();
  let made = 0;
  for (let turn = 0; !isOver; turn++) {
    if (!untilOver()) made++;
    const from = turn % 20 === 0 ? ackedTo(gateway) + 1 : made;
    const numbers = Array.from({ length: Math.min(made - from + 1, 200) }, (_, at) => from + at);
    if (numbers.length > 0) await gateway.send(numbers.map((number) => madeBlock(list, number)));
    if (gateway.requests.splice(0).some(({ op }) => op === "points")) await gateway.sendList();
    if (untilOver() && ackedTo(gateway) === made) return made;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return made;
}

test("receivers killed, paused, moved, stopped: one owner a shard, each sample once", async () => {
  const metricsAt = `127.0.0.1:${await freePort()}`;
  for (const name of ["b", "c"]) start(name);
  start("a", "--metrics", metricsAt);
  await until("three owners", () => areOwnedBy("a", "b", "c"));
  const connected = Array.from({ length: GATEWAYS }, (_, at) =>
    MadeGateway.connect(broker.url, `g-${at}`, list, SHARDS[at % SHARDS.length]),
  );
  const gateways = await Promise.all(connected);
  let isDone = false;
  const giving = Promise.all(gateways.map((gateway) => give(gateway, () => isDone)));
  // Awaited at the end; a failure before must not end the process.
  giving.catch(() => undefined);
  const moved = owners().indexOf("a");

  children.get("a")?.kill("SIGSTOP");
  await until("others own all", () => areOwnedBy("b", "c"));
  children.get("a")?.kill("SIGCONT");
  await until("a is back", () => owners().includes("a"));

  await end("b", "SIGKILL");
  await until("others own all", () => areOwnedBy("a", "c"));
  start("b");
  await until("b is back", () => owners().includes("b"));

  const goal = owners()[moved] === "b" ? "c" : "b";
  headgate("move", "--shard", String(moved), "--to", goal);
  await until("the shard has moved", () => owners()[moved] === goal);

  expect(await end("c", "SIGTERM")).toBe(0);
  expect(owners()).not.toContain("c");
  await until("the rest own all", () => areOwnedBy("a", "b"));
  await expectMetrics(metricsAt);
  isDone = true;
  const made = await giving;
  for (const name of ["a", "b"]) expect(await end(name, "SIGTERM")).toBe(0);
  for (const gateway of gateways) gateway.close();

  expectOneOwnerAtATime();
  await expectEachOnce(made);
}, 300_000);

async function expectMetrics(address: string): Promise<void> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  expect(text).toMatch(/^headgate_receiver_shards_owned 2$/m);
  const gateway = '\\{gateway="g-\\d"\\}';
  for (const name of ["blocks_total", "missing_blocks", "hole_blocks", "duplicates_total"]) {
    expect(text).toMatch(new RegExp(`^headgate_receiver_${name}${gateway} \\d+$`, "m"));
  }
}

function expectOneOwnerAtATime(): void {
  expect(postgres.sql("select count(*) > 10 from shards.lease")).toBe("t");
  const both = `select count(*) from shards.lease a join shards.lease b
    on a.shard = b.shard and a.token < b.token
    and (a.ended_at is null or a.ended_at > b.acquired_at)`;
  expect(postgres.sql(both)).toBe("0");
  const outside = `select count(*) from shards.block
    join shards.epoch on epoch.ref = block.epoch_ref
    join shards.gateway on gateway.ref = epoch.gateway_ref
    left join shards.lease on lease.shard = gateway.shard and lease.token = block.token
    where lease.shard is null or block.stored_at not between acquired_at and ended_at`;
  expect(postgres.sql(outside)).toBe("0");
}

async function expectEachOnce(made: readonly number[]): Promise<void> {
  const record = await openRecord(store);
  try {
    const status = await record.status();
    expect(status.isComplete).toBe(true);
    expect(status.epochs.map(({ gateway, max }) => `${gateway}:${max}`).sort()).toEqual(
      made.map((count, at) => `g-${at}:${count}`),
    );
    const seen = new Set<string>();
    let count = 0;
    for await (const { gateway, block, index } of record.samples({})) {
      seen.add(`${gateway}/${block}/${index}`);
      count++;
    }
    const total = made.reduce((sum, own) => sum + own * list.pointIds.length, 0);
    expect([seen.size, count]).toEqual([total, total]);
  } finally {
    await record.close();
  }
}
