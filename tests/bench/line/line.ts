import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createVirtualMeter, openVirtualLine, type VirtualMeter } from "@headgate/drivers/testing";
import { Program } from "../../faults/program.ts";
import { freePort } from "../../integration/peers/free-port.ts";
import { citedUnits } from "./cited-units.ts";

/**
 * A serial line of 9600 baud with twelve meters: a search finds them all, the cycle that the
 * gateway predicts is the one it achieves, and three dead ones cost the others less than a tenth.
 */

/** By unit id, from 1 on. */
const DEVICES = [
  "eastron-sdm630",
  "eastron-sdm120",
  "abb-b23",
  "chint-dtsu666.a",
  "schneider-iem3000",
  "siemens-pac3200",
  "carlo-gavazzi-em24.rs485",
  "inepro-pro380",
  "acrel-adl400",
  "lovato-dmg610",
  "phoenix-contact-empro",
  "socomec-countis.e34",
];
const DEAD = [3, 7, 12];
const BAUD_RATE = 9600;
const MAIN = join(import.meta.dirname, "../../..", "packages/gateway/src/main.ts");
const SOURCES = "--conditions=headgate-source";
const WARM_MS = 60_000;
const WATCH_MS = 120_000;

interface Found {
  readonly device: { readonly unitId: number };
  readonly verdict: string;
  readonly proposals: readonly { readonly profile: string; readonly variant: string | null }[];
}

interface ScanClass {
  readonly intervalMs: number;
  readonly requestCount: number;
  readonly predictedCycleMs: number;
  readonly achievedCycleMs: number | null;
}

let failed = false;

function judge(what: string, isRight: boolean): void {
  process.stdout.write(`${isRight ? "ok  " : "FAIL"}  ${what}\n`);
  if (!isRight) failed = true;
}

/** `headgate scan`, as a person would start it; what it says goes along to the screen. */
async function scan(path: string): Promise<readonly Found[]> {
  const words = [SOURCES, MAIN, "scan", "modbus", path, "--baud", `${BAUD_RATE}`, "--json"];
  const child = spawn(process.execPath, [...words, "--parity", "none"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`headgate scan ended with ${code}`);
  return JSON.parse(out) as Found[];
}

async function findAll(path: string): Promise<void> {
  const startMs = performance.now();
  const found = await scan(path);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
  const told = found.map(({ device, verdict, proposals }) => {
    const names = proposals.map(({ profile, variant }) => {
      return variant ? `${profile}.${variant}` : profile;
    });
    return `${device.unitId} ${verdict} ${names.join(" or ")}`;
  });
  const wanted = DEVICES.map((device, index) => `${index + 1} one ${device}`);
  for (const line of told.filter((line) => !wanted.includes(line))) judge(line, false);
  const all = wanted.every((line) => told.includes(line));
  judge(`units 1 to 247 in ${seconds} s: twelve found, each as what it is`, all);
}

/** The gateway on all twelve, as fast as the line goes. */
async function runGateway(path: string, meter: VirtualMeter, folder: string): Promise<void> {
  const port = await freePort();
  const devices = DEVICES.map((name, index) => {
    const [profile, variant] = name.split(".");
    const use = { profile, ...(variant && { variant }), groups: ["instantaneous"] };
    return [`meter-${index + 1}`, { channel: "bus", unitId: index + 1, ...use, scan: "100 ms" }];
  });
  const config = {
    gateway: { id: "line-bench" },
    buffer: { path: "./data" },
    web: { host: "127.0.0.1", port },
    channels: { bus: { driver: "modbus-rtu", path, baudRate: BAUD_RATE } },
    devices: Object.fromEntries(devices),
  };
  const file = join(folder, "gateway.yaml");
  await writeFile(file, JSON.stringify(config));
  const gateway = new Program({
    name: "gateway",
    words: [SOURCES, MAIN, "run", "-c", file],
    folder,
  });
  gateway.start();
  try {
    await sleep(WARM_MS);
    const before = await rates(meter);
    for (const { intervalMs, predictedCycleMs, achievedCycleMs } of await classes(port)) {
      const ratio = predictedCycleMs / (achievedCycleMs ?? Number.NaN);
      const what = `predicted ${predictedCycleMs} ms, achieved ${achievedCycleMs} ms`;
      judge(`cycle of the class of ${intervalMs} ms: ${what}`, Math.abs(ratio - 1) <= 0.1);
    }
    for (const id of DEAD) meter.unit(id).faults.isSilent = true;
    await sleep(WARM_MS);
    const after = await rates(meter);
    const living = DEVICES.map((_, index) => index + 1).filter((id) => !DEAD.includes(id));
    const shares = living.map((id) => (after[id] ?? 0) / (before[id] ?? Number.NaN));
    const worst = Math.min(...shares);
    const what = `with units ${DEAD.join(", ")} dead the others keep`;
    judge(`${what} ${(100 * worst).toFixed(0)} % of their rate at least`, worst >= 0.9);
  } finally {
    await gateway.kill();
  }
}

/** Requests that each unit answered in the time watched. */
async function rates(meter: VirtualMeter): Promise<Readonly<Record<number, number>>> {
  const ids = DEVICES.map((_, index) => index + 1);
  const before = ids.map((id) => meter.unit(id).requestCount);
  await sleep(WATCH_MS);
  return Object.fromEntries(
    ids.map((id, index) => [id, meter.unit(id).requestCount - (before[index] ?? 0)]),
  );
}

async function classes(port: number): Promise<readonly ScanClass[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/status`);
  const status = (await answer.json()) as {
    channels: { line: { scanClasses: ScanClass[] } | null }[];
  };
  return status.channels[0]?.line?.scanClasses ?? [];
}

const folder = await mkdtemp(join(tmpdir(), "headgate-line-bench-"));
const line = await openVirtualLine({ baudRate: BAUD_RATE });
const meter = createVirtualMeter({ units: await citedUnits(DEVICES) });
try {
  await meter.attach(await line.station());
  await findAll(line.path);
  await runGateway(line.path, meter, folder);
} finally {
  await meter.close();
  await line.close();
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
