// An outage of many hours at 1,000 samples a second: real SQLite, mosquitto and PostgreSQL.
// usage: outage [--hours 24]; about a minute for each 10 M samples; `build` first
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Mosquitto } from "../../integration/peers/mosquitto.ts";
import { Postgres } from "../../integration/peers/postgres.ts";
import type { Figure } from "../figure.ts";
import { BUILT_PROGRAM } from "../gateway-process.ts";
import { figuresOf } from "../process-figures.ts";
import { machine, table } from "../report.ts";

const GATEWAY = fileURLToPath(new URL("./gateway.ts", import.meta.url));
const SETTINGS = { fsync: "on", shared_buffers: "512MB", max_wal_size: "4GB" };
/** Sums that come out right only if every sample is there once, in its place and with its value. */
const SUMS = `select count(*), sum(i::int8), sum(round(value * 10)::int8) from outage.sample`;
const EXPECTED = `select sum(samples), sum(samples::int8 * (samples - 1) / 2) from outage.block`;

interface Filled {
  readonly samples: number;
  readonly fillSeconds: number;
  readonly restBytes: number;
}

interface Drained {
  readonly samples: number;
  readonly tenths: string;
  readonly drainSeconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const { values } = parseArgs({ options: { hours: { type: "string", default: "24" } } });
const hours = Number(values.hours);
const folder = mkdtempSync(join(tmpdir(), "headgate-outage-"));
const broker = await Mosquitto.start({ config: ["max_inflight_messages 100"] });
const postgres = await Postgres.start({ settings: SETTINGS });
const children: ChildProcess[] = [];

function start(program: string, words: readonly string[]): ChildProcess {
  const log = openSync(join(folder, `${children.length}.log`), "w");
  const child = spawn(process.execPath, [program, ...words], { stdio: ["ignore", "pipe", log] });
  children.push(child);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

/** Follows the gateway to its end; what it said when full, when drained, and its memory. */
async function follow(gateway: ChildProcess) {
  const said: unknown[] = [];
  const lines = createInterface({ input: gateway.stdout as NodeJS.ReadableStream });
  let rssPeakBytes = 0;
  const probe = setInterval(() => {
    if (gateway.exitCode === null) rssPeakBytes = figuresOf(gateway.pid as number).rssPeakBytes;
  }, 500);
  for await (const line of lines) {
    said.push(JSON.parse(line));
    process.stderr.write(`${line}\n`);
  }
  clearInterval(probe);
  const [filled, drained] = said as [Filled, Drained?];
  if (!drained) throw new Error(`the gateway ended early; see ${folder}`);
  return { filled, drained, rssPeakBytes };
}

function judge(drained: Drained): { lost: number; wrong: boolean } {
  const [count, places, tenths] = postgres.sql(SUMS).split("|");
  const [samples, expectedPlaces] = postgres.sql(EXPECTED).split("|");
  const isWhole = count === samples && places === expectedPlaces && tenths === drained.tenths;
  return { lost: drained.samples - Number(count), wrong: !isWhole };
}

async function run(): Promise<{ figures: Figure[]; isGood: boolean }> {
  // It has its session at the broker before the first block comes, as one that runs for months.
  const store = postgres.url("outage");
  start(BUILT_PROGRAM, ["receive", "--url", broker.url, "--store", store]);
  const { filled, drained, rssPeakBytes } = await follow(
    start(GATEWAY, [folder, broker.url, String(hours)]),
  );
  await Promise.all(children.map(end));
  const { lost, wrong } = judge(drained);
  const times = (hours * 3600) / drained.drainSeconds;
  const figures = [
    { name: "backlog", unit: "samples", value: filled.samples },
    { name: "filled in", unit: "s", value: filled.fillSeconds },
    { name: "at rest", unit: "B/sample", value: filled.restBytes / filled.samples },
    { name: "drained in", unit: "s", value: drained.drainSeconds },
    { name: "drain over real time", unit: "times", value: times },
    { name: "live latency p50, to the acknowledgement", unit: "ms", value: drained.p50 },
    { name: "live latency p99", unit: "ms", value: drained.p99 },
    { name: "live latency max", unit: "ms", value: drained.max },
    { name: "rss peak of the gateway", unit: "MB", value: rssPeakBytes / 1e6 },
    { name: "samples committed in all", unit: "", value: drained.samples },
    { name: "lost (or, below 0, twice)", unit: "samples", value: lost },
    { name: "in the wrong place or of another value", unit: "", value: wrong ? 1 : 0 },
  ];
  const isQuick = times >= 20 && drained.p99 < 2000 && rssPeakBytes < 200e6;
  return { figures, isGood: lost === 0 && !wrong && isQuick };
}

try {
  process.stdout.write(`${JSON.stringify(machine())}\n`);
  const { figures, isGood } = await run();
  process.stdout.write(`\n${table([{ scenario: `outage of ${hours} h`, runs: [figures] }])}`);
  process.exitCode = isGood ? 0 : 1;
} finally {
  await Promise.all(children.map(end));
  await postgres.stop();
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
}
