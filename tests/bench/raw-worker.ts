// The same work by the bare libraries: reads the same registers, stores and publishes as many
// bytes as the gateway did. No values, no points, no record: what cannot be undercut.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt from "mqtt";

/** What to do for how long, as one JSON argument. */
export interface RawWork {
  readonly meterPorts: readonly number[];
  readonly registers: number;
  readonly scanMs: number;
  readonly brokerUrl: string;
  readonly blockBytes: number;
  readonly blocksPerSecond: number;
  readonly seconds: number;
}

/** What it took. */
export interface RawCost {
  readonly cpuMs: number;
  readonly elapsedMs: number;
  readonly writtenBytes: number;
}

interface ModbusClient {
  connectTCP(host: string, options: { port: number }): Promise<void>;
  setID(id: number): void;
  setTimeout(ms: number): void;
  readHoldingRegisters(from: number, count: number): Promise<unknown>;
  close(done: () => void): void;
}
interface Database {
  pragma(text: string): void;
  exec(sql: string): void;
  prepare(sql: string): { run(...values: unknown[]): void };
  close(): void;
}

const WARM_UP_MS = 3000;
const COMMIT_MS = 500;
const REGISTERS_MAX = 125;

const work = JSON.parse(process.argv[2] ?? "{}") as RawWork;
const requireDriver = createRequire(new URL("../../packages/drivers/x.js", import.meta.url));
const requireSync = createRequire(new URL("../../packages/sync/x.js", import.meta.url));
const Modbus = requireDriver("modbus-serial") as new () => ModbusClient;
const Sqlite = requireSync("better-sqlite3") as new (path: string) => Database;

const clients = await Promise.all(
  work.meterPorts.map(async (port) => {
    const client = new Modbus();
    await client.connectTCP("127.0.0.1", { port });
    client.setID(1);
    client.setTimeout(1000);
    return client;
  }),
);
async function scan(client: ModbusClient): Promise<void> {
  for (let from = 0; from < work.registers; from += REGISTERS_MAX) {
    const count = Math.min(REGISTERS_MAX, work.registers - from);
    await client.readHoldingRegisters(from, count);
  }
}

const folder = mkdtempSync(join(tmpdir(), "headgate-bench-raw-"));
const db = new Sqlite(join(folder, "raw.db"));
db.pragma("page_size = 1024");
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.exec("create table block (id integer primary key, body blob not null)");
const insert = db.prepare("insert into block values (null, ?)");
const client = await mqtt.connectAsync(work.brokerUrl, { protocolVersion: 5, writeCache: false });
const body = Buffer.alloc(work.blockBytes, 7);
let due = 0;
function commit(): void {
  due += (work.blocksPerSecond * COMMIT_MS) / 1000;
  db.exec("begin");
  const count = Math.floor(due);
  due -= count;
  for (let block = 0; block < count; block++) insert.run(body);
  db.exec("commit");
  for (let block = 0; block < count; block++) client.publish("bench/raw", body, { qos: 1 });
}

function writtenBytes(): number {
  const io = readFileSync("/proc/self/io", "utf8");
  return Number(/^write_bytes: (\d+)/m.exec(io)?.[1]);
}

for (const modbus of clients) setInterval(() => void scan(modbus), work.scanMs);
setInterval(commit, COMMIT_MS);
setTimeout(() => {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  const writtenBefore = writtenBytes();
  setTimeout(() => {
    const { user, system } = process.cpuUsage(cpu);
    const cost: RawCost = {
      cpuMs: (user + system) / 1000,
      elapsedMs: performance.now() - startedMs,
      writtenBytes: writtenBytes() - writtenBefore,
    };
    db.close();
    rmSync(folder, { recursive: true, force: true });
    process.send?.(cost, undefined, undefined, () => process.exit(0));
  }, work.seconds * 1000);
}, WARM_UP_MS);
