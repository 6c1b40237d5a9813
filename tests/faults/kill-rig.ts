import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../integration/peers/free-port.ts";
import { type Meters, startMeters } from "../integration/peers/meters.ts";
import { Mosquitto } from "../integration/peers/mosquitto.ts";
import { Program } from "./program.ts";

const DEVICES = 2;
const POINTS_PER_DEVICE = 100;
const SCAN_MS = 100;

/** What the meters serve and the gateway ought to take. */
export const SAMPLES_PER_SECOND = (DEVICES * POINTS_PER_DEVICE * 1000) / SCAN_MS;

/** Meters, gateway, broker and receiver, each a process of its own, in one folder. */
export interface KillRig {
  readonly folder: string;
  readonly store: string;
  readonly program: string;
  readonly webPort: number;
  readonly meters: Meters;
  readonly broker: Mosquitto;
  readonly gateway: Program;
  readonly receiver: Program;
}

/** Starts all four. `program` is a built `main.js`. */
export async function startKillRig(program: string): Promise<KillRig> {
  const folder = await mkdtemp(join(tmpdir(), "headgate-kill-"));
  const meters = await startMeters({
    devices: DEVICES,
    points: POINTS_PER_DEVICE,
    mode: "identify",
    tickMs: 10,
  });
  const broker = await Mosquitto.start({ isPersistent: true });
  const webPort = await freePort();
  const config = join(folder, "headgate.yaml");
  await writeFile(config, JSON.stringify(configOf(meters.ports, { url: broker.url, webPort })));
  const store = join(folder, "upstream.db");
  const logLevel = ["--log-level", "debug"];
  const gateway = new Program({
    name: "gateway",
    words: [program, "run", "-c", config, ...logLevel],
    folder,
  });
  const receiver = new Program({
    name: "receiver",
    words: [program, "receive", "--url", broker.url, "--store", store, ...logLevel],
    folder,
  });
  receiver.start();
  gateway.start();
  return { folder, store, program, webPort, meters, broker, gateway, receiver };
}

/** JSON is YAML. */
function configOf(ports: readonly number[], { url, webPort }: { url: string; webPort: number }) {
  const points = Array.from({ length: POINTS_PER_DEVICE }, (_, index) => [
    `p${String(index).padStart(3, "0")}`,
    { address: `holding:${2 * index}`, type: "uint32" },
  ]);
  const channels = ports.map((port, index) => [
    `line-${index}`,
    { driver: "modbus-tcp", host: "127.0.0.1", port },
  ]);
  const devices = ports.map((_, index) => [
    `meter-${index}`,
    {
      channel: `line-${index}`,
      unitId: 1,
      scan: `${SCAN_MS} ms`,
      points: Object.fromEntries(points),
    },
  ]);
  return {
    gateway: { id: "kill-test" },
    buffer: { path: "./data" },
    channels: Object.fromEntries(channels),
    devices: Object.fromEntries(devices),
    uplinks: { cloud: { type: "mqtt", url, format: "blocks", delivery: "receiver" } },
    web: { host: "127.0.0.1", port: webPort },
  };
}

/** Ends whatever still runs; the files stay. */
export async function endKillRig({ gateway, receiver, broker, meters }: KillRig): Promise<number> {
  await Promise.all([gateway.kill(), receiver.kill()]);
  await broker.stop();
  return meters.stop();
}

/** Removes the folder of a test that found nothing. */
export function removeKillRig({ folder }: KillRig): Promise<void> {
  return rm(folder, { recursive: true, force: true });
}

/** Lines that `headgate …` prints; rejects if it ends with another code than 0 or 1. */
export async function* linesOf(program: string, words: readonly string[]): AsyncGenerator<string> {
  const child = spawn(process.execPath, [program, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  yield* createInterface({ input: child.stdout });
  const code = await ended;
  if (code !== 0 && code !== 1) throw new Error(`headgate ${words.join(" ")} ended with ${code}`);
}
