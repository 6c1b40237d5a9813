import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../integration/peers/free-port.ts";
import { BUILT_HEADGATE, headgate } from "../integration/peers/headgate.ts";
import { RunningGateway } from "../integration/peers/running-gateway.ts";
import { runScada } from "../integration/peers/scada.ts";
import { startSingleClient } from "../integration/peers/single-client.ts";
import { judge, type OwnWrite, type Reading } from "./judge.ts";

const run = promisify(execFile);

export interface ProxyProofOptions {
  readonly seconds: number;
  readonly say: (line: string) => void;
}

export interface ProxyProofResult {
  readonly scadaReads: number;
  readonly gatewayReadings: number;
  readonly newConnections: number;
  readonly commonTicks: number;
  readonly deviceWrites: number;
  readonly ownWrites: number;
  readonly cachedReads: number;
  /** Each a sentence; none if all is well. */
  readonly violations: readonly string[];
}

const TICK_MS = 100;
const VALUES = 8;

/**
 * SCADA systems of pymodbus and libmodbus, mbpoll that comes and goes, and the gateway, all on one
 * device that takes one client: through the proxy of the gateway, as people run it.
 */
export async function runProxyProof({
  seconds,
  say,
}: ProxyProofOptions): Promise<ProxyProofResult> {
  const device = await startSingleClient(TICK_MS);
  const proxyPort = await freePort();
  const gateway = await RunningGateway.prepare(configOf(device.port, proxyPort));
  try {
    gateway.start();
    await untilGood(gateway);
    const violations = await refusalsOf(device.port);
    const isShort = seconds < 60;
    const common = { port: proxyPort, seconds };
    const scadas = Promise.all([
      runScada("pymodbus", { ...common, periodMs: isShort ? 50 : 500, writeEvery: 10 }),
      runScada("libmodbus", { ...common, periodMs: isShort ? 20 : 250, writeEvery: 20 }),
    ]);
    const errand = errandOf(gateway, proxyPort, { seconds, everyMs: isShort ? 150 : 5000, say });
    const [stories, { own, polls }] = await Promise.all([scadas, errand]);
    const proxy = await proxyOf(gateway);
    await gateway.stop();
    await device.stop();
    const readings = await readingsOf(gateway);
    const judged = judge({ scadas: stories, readings, own, device: device.writes });
    violations.push(...polls.faults, ...judged.violations, ...(await complaintsOf(gateway)));
    if (device.clientCount() !== 1) {
      violations.push(`the device had ${device.clientCount()} clients, one after the other`);
    }
    if (judged.commonTicks === 0) violations.push("gateway and SCADA never read at the same tick");
    return {
      scadaReads: stories.reduce((sum, { reads }) => sum + reads, 0),
      gatewayReadings: readings.length,
      newConnections: polls.count,
      commonTicks: judged.commonTicks,
      deviceWrites: judged.writeCount,
      ownWrites: own.length,
      cachedReads: proxy.cachedCount,
      violations,
    };
  } finally {
    await gateway.end();
    await device.stop();
  }
}

function configOf(devicePort: number, proxyPort: number) {
  const values = Array.from({ length: VALUES }, (_, at) => {
    return [`v${at}`, { address: `holding:${2 + at}`, type: "uint16" }] as const;
  });
  const points = {
    tick: { address: "holding:0", type: "uint32" },
    ...Object.fromEntries(values),
    shared: { address: "holding:100", type: "uint16", access: "readWrite" },
    flag: { address: "holding:110", type: "bit", bit: 15, access: "readWrite" },
  };
  const proxy = {
    listen: `127.0.0.1:${proxyPort}`,
    maxAge: "200 ms",
    writes: [{ units: [1], registers: ["holding:100-119"] }],
  };
  return {
    channels: { inverter: { driver: "modbus-tcp", host: "127.0.0.1", port: devicePort, proxy } },
    devices: { inverter: { channel: "inverter", scan: "500 ms", points } },
  };
}

const GOOD_POINTS = VALUES + 3;

async function untilGood(gateway: RunningGateway): Promise<void> {
  for (let tried = 0; tried < 600; tried++) {
    // Not there yet: it is being started.
    const status = await gateway.status().catch(() => null);
    if (status?.points?.good === GOOD_POINTS) return;
    await pause(100);
  }
  throw new Error("the gateway did not read the device within a minute");
}

/** The device must not let anybody else in: else the proof shows nothing. */
async function refusalsOf(port: number): Promise<string[]> {
  const isLetIn = await poll(port);
  return isLetIn ? ["the device let a second client in: it is not a single-client device"] : [];
}

async function poll(port: number): Promise<boolean> {
  const words = [
    "-m",
    "tcp",
    "-p",
    `${port}`,
    "-a",
    "1",
    "-0",
    "-r",
    "0",
    "-c",
    "10",
    "-1",
    "-o",
    "10",
  ];
  try {
    await run("mbpoll", [...words, "-t", "4", "127.0.0.1"], { timeout: 60_000 });
    return true;
  } catch {
    return false; // It says so by its exit code.
  }
}

interface Errand {
  readonly seconds: number;
  readonly everyMs: number;
  readonly say: (line: string) => void;
}

/** Writes through the gateway, and polls through the proxy with a new connection each time. */
async function errandOf(gateway: RunningGateway, proxyPort: number, errand: Errand) {
  const { seconds, everyMs, say } = errand;
  const own: OwnWrite[] = [];
  const polls = { count: 0, faults: [] as string[] };
  const endMs = Date.now() + seconds * 1000;
  let saidMs = Date.now();
  for (let turn = 0; Date.now() < endMs - 500; turn++) {
    const isFlag = turn % 2 === 1;
    const point = isFlag ? "inverter/flag" : "inverter/shared";
    const value = isFlag ? turn % 4 === 1 : 30_000 + turn / 2;
    const isByCommand = turn % 24 === 0;
    const told = isByCommand
      ? await writeByCommand(gateway, point, value)
      : await write(gateway, point, value);
    own.push({ point, value, ...told });
    polls.count++;
    if (!(await poll(proxyPort))) polls.faults.push(`new connection ${polls.count} was refused`);
    if (Date.now() - saidMs > 60_000) {
      const left = Math.round((endMs - Date.now()) / 60_000);
      say(`${left} min left, ${own.length} writes, ${polls.faults.length} refused`);
      saidMs = Date.now();
    }
    await pause(Math.min(everyMs, Math.max(0, endMs - Date.now())));
  }
  return { own, polls };
}

type Told = Pick<OwnWrite, "state" | "readBack">;

async function write(
  gateway: RunningGateway,
  point: string,
  value: number | boolean,
): Promise<Told> {
  const { ok, body } = await gateway.post("/api/writes", { point, value });
  return ok ? (body as Told) : { state: `refused: ${JSON.stringify(body)}`, readBack: null };
}

/** The same by the command line, which finds the running gateway. */
async function writeByCommand(
  { folder }: RunningGateway,
  point: string,
  value: number | boolean,
): Promise<Told> {
  const config = join(folder, "gateway.yaml");
  const { out, err } = await headgate("write", "-c", config, point, `${value}`, "--json");
  if (out === "") return { state: `failed: ${err}`, readBack: null };
  return JSON.parse(out) as Told;
}

async function proxyOf(gateway: RunningGateway): Promise<{ cachedCount: number }> {
  const { channels } = (await gateway.status()) as unknown as {
    channels: { proxy: { cachedCount: number } }[];
  };
  return channels[0]?.proxy ?? { cachedCount: 0 };
}

/** What the gateway stored, a reading for each time. */
async function readingsOf({ folder }: RunningGateway): Promise<Reading[]> {
  const file = join(folder, "gateway.yaml");
  const { stdout } = await run(
    process.execPath,
    [BUILT_HEADGATE, "export", "-c", file, "--format", "ndjson"],
    { maxBuffer: 1024 ** 3, timeout: 600_000 },
  );
  const times = new Map<number, Map<string, number>>();
  for (const line of stdout.split("\n")) {
    if (line === "") continue;
    const { point, t, value } = JSON.parse(line) as { point: string; t: number; value: number };
    const known = times.get(t) ?? new Map<string, number>();
    times.set(t, known.set(point, value));
  }
  return [...times.values()].flatMap((values): Reading[] => {
    const tick = values.get("inverter/tick");
    if (typeof tick !== "number") return [];
    const list = Array.from({ length: VALUES }, (_, at) => values.get(`inverter/v${at}`) ?? -1);
    return [{ tick, values: list }];
  });
}

/** The line of the device must have stood all the time. */
async function complaintsOf(gateway: RunningGateway): Promise<string[]> {
  const lines = await gateway.log();
  return lines
    .filter(({ msg }) => /unreachable|parked|bug|sent away/.test(msg))
    .map(({ msg, reason }) => `the gateway said: ${msg} ${reason ?? ""}`)
    .slice(0, 10);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
