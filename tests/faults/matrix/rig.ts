import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../integration/peers/free-port.ts";
import { type Meters, startMeters } from "../../integration/peers/meters.ts";
import { Rng } from "../../simulation/rng.ts";
import { ChaosProxy } from "../chaos/chaos-proxy.ts";
import type { Broker } from "../peers/broker.ts";
import { BROKERS } from "../peers/brokers.ts";
import { Program } from "../program.ts";
import type { Cell } from "./cell.ts";
import { JsonRecorder } from "./json-recorder.ts";

const POINTS = 20;
const SCAN_MS = 100;

/** What is given to the programs besides what every cell gives them. */
export interface Extras {
  /** Of the gateway, made for its folder. */
  env?(folder: string): Promise<NodeJS.ProcessEnv>;
  readonly buffer?: object;
}

/** Meters, gateway, broker and receiver, each a process, with a chaos proxy at either end. */
export interface Rig {
  readonly cell: Cell;
  readonly rng: Rng;
  readonly folder: string;
  readonly program: string;
  readonly store: string;
  readonly webPort: number;
  readonly meters: Meters;
  readonly broker: Broker;
  /** Between gateway and broker, and between broker and receiver. */
  readonly gatewayProxy: ChaosProxy;
  readonly receiverProxy: ChaosProxy;
  readonly gateway: Program;
  /** Null where plain JSON is recorded. */
  readonly receiver: Program | null;
  readonly recorder: JsonRecorder | null;
}

export interface RigOptions {
  readonly cell: Cell;
  readonly seed: number;
  /** A built `main.js`. */
  readonly program: string;
  readonly extras: Extras;
}

export async function startRig({ cell, seed, program, extras }: RigOptions): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), "headgate-faults-"));
  await mkdir(join(folder, "data"));
  // First what may fail.
  const broker = await BROKERS[cell.broker].start();
  const meters = onceStopped(
    await startMeters({ devices: 1, points: POINTS, mode: "identify", tickMs: 10 }),
  );
  const gatewayProxy = await ChaosProxy.start(broker.port, seed);
  const receiverProxy = await ChaosProxy.start(broker.port, seed + 1);
  const webPort = await freePort();
  const config = join(folder, "headgate.yaml");
  const uplink = uplinkOf(cell, gatewayProxy.url);
  const [port = 0] = meters.ports;
  await writeFile(config, JSON.stringify(configOf({ port, uplink, webPort, extras })));
  const env = (await extras.env?.(folder)) ?? {};
  const debug = ["--log-level", "debug"];
  const words = [program, "run", "-c", config, ...debug];
  const gateway = new Program({ name: "gateway", words, folder, env });
  const store = join(folder, "upstream.db");
  const receive = [program, "receive", "--url", receiverProxy.url, "--store", store, ...debug];
  const isJson = cell.format === "json";
  const receiver = isJson ? null : new Program({ name: "receiver", words: receive, folder });
  const recorder = isJson ? await JsonRecorder.start(receiverProxy.url) : null;
  receiver?.start();
  gateway.start();
  const ends = { gatewayProxy, receiverProxy, gateway, receiver, recorder };
  const rng = new Rng(seed);
  return { cell, rng, folder, program, store, webPort, meters, broker, ...ends };
}

/** Stopping twice is harmless. */
function onceStopped(meters: Meters): Meters {
  let stopped: Promise<number> | null = null;
  return {
    ...meters,
    stop() {
      stopped ??= meters.stop();
      return stopped;
    },
  };
}

function uplinkOf({ broker, format, mode }: Cell, url: string) {
  const { protocol } = BROKERS[broker];
  const patience = { ackTimeout: "3 s", connectTimeout: "3 s", keepalive: "5 s" };
  // Longer than any fault keeps a broker away or forgetful, and than its marks are apart.
  const hold = mode === "broker+hold" ? { hold: "20 s" } : {};
  return { type: "mqtt", url, format, delivery: mode, protocol, ...patience, ...hold };
}

interface ConfigParts {
  readonly port: number;
  readonly uplink: object;
  readonly webPort: number;
  readonly extras: Extras;
}

/** JSON is YAML. */
function configOf({ port, uplink, webPort, extras }: ConfigParts) {
  const points = Array.from({ length: POINTS }, (_, index) => [
    `p${String(index).padStart(3, "0")}`,
    { address: `holding:${2 * index}`, type: "uint32" },
  ]);
  const meter = { channel: "line", unitId: 1, scan: `${SCAN_MS} ms` };
  return {
    gateway: { id: "faults" },
    buffer: { path: "./data", commitInterval: "200 ms", ...extras.buffer },
    channels: { line: { driver: "modbus-tcp", host: "127.0.0.1", port } },
    devices: { meter: { ...meter, points: Object.fromEntries(points) } },
    uplinks: { cloud: uplink },
    web: { host: "127.0.0.1", port: webPort },
  };
}

/** Ends whatever still runs; the files stay. */
export async function endRig(rig: Rig): Promise<void> {
  rig.gateway.thaw();
  rig.receiver?.thaw();
  await Promise.all([rig.gateway.kill(), rig.receiver?.kill(), rig.recorder?.stop()]);
  await Promise.all([rig.gatewayProxy.stop(), rig.receiverProxy.stop()]);
  await rig.broker.stop();
  await rig.meters.stop();
}

/** Removes the files of a cell that found nothing. */
export function removeRig({ folder }: Rig): Promise<void> {
  return rm(folder, { recursive: true, force: true });
}

/** The part of `/api/status` that is used. */
export interface GatewayView {
  readonly buffer: {
    readonly streams: readonly { stream: string; epoch: string; headSeq: number }[];
  };
  readonly uplinks: readonly { state: { kind: string }; backlog: { blocks: number } }[];
}

/** What the gateway says of itself; null while it does not answer. */
export async function viewOf({ webPort }: Rig): Promise<GatewayView | null> {
  try {
    const signal = AbortSignal.timeout(2000);
    const answer = await fetch(`http://127.0.0.1:${webPort}/api/status`, { signal });
    return (await answer.json()) as GatewayView;
  } catch {
    return null; // It is starting, or frozen.
  }
}
