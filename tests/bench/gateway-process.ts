import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** How the gateway under test is configured. */
export interface GatewayOptions {
  readonly meterPorts: readonly number[];
  readonly pointsPerDevice: number;
  readonly scanMs: number;
  readonly brokerUrl: string;
  readonly webPort: number;
  readonly format: "blocks" | "json";
  readonly delivery: "broker" | "receiver";
  readonly commitMs: number;
  /** Of values for trends; as much as a gateway takes if absent. */
  readonly historyCapacity?: string;
  /** Node's own options before the program: "--cpu-prof". */
  readonly nodeOptions: readonly string[];
  readonly program: string;
}

/** Of `/api/status`, what the bench looks at. */
export interface Status {
  readonly atMs: number;
  readonly channels: readonly {
    readonly state: { readonly kind: string };
    readonly counters: {
      readonly scanCount: number;
      readonly missedScanCount: number;
      readonly sampleCount: number;
    };
  }[];
  readonly buffer: {
    readonly appendedCount: number;
    readonly committedCount: number;
    readonly droppedCount: number;
    readonly streams: readonly { readonly stream: string; readonly headSeq: number }[];
  };
  readonly uplinks: readonly {
    readonly state: { readonly kind: string; readonly sinceMs?: number };
    readonly backlog: { readonly blocks: number };
  }[];
}

/** The built command line, as people run it. */
export const BUILT_PROGRAM = fileURLToPath(
  new URL("../../packages/gateway/dist/main.js", import.meta.url),
);

/** `headgate run` as a process of its own. */
export class GatewayProcess {
  readonly folder: string;
  readonly startedAtMs: number;
  readonly #child: ChildProcess;
  readonly webPort: number;

  constructor(options: GatewayOptions) {
    this.folder = mkdtempSync(join(tmpdir(), "headgate-bench-"));
    const config = join(this.folder, "headgate.yaml");
    writeFileSync(config, JSON.stringify(configOf(options)));
    const log = openSync(join(this.folder, "log"), "w");
    this.webPort = options.webPort;
    const words = [...options.nodeOptions, options.program, "run", "-c", config];
    this.startedAtMs = Date.now();
    this.#child = spawn(process.execPath, [...words, "--log-level", "warn"], {
      stdio: ["ignore", log, log],
      cwd: this.folder,
    });
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async status(): Promise<Status> {
    return (await (await this.#get("/api/status")).json()) as Status;
  }

  /** The value of a metric; each call starts the loop's maximum anew. */
  async metric(name: string): Promise<number> {
    const text = await (await this.#get("/metrics")).text();
    return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
  }

  #get(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.webPort}${path}`);
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(): Promise<number | null> {
    if (this.isRunning) {
      const ended = once(this.#child, "exit");
      this.#child.kill("SIGTERM");
      await ended;
    }
    return this.#child.exitCode;
  }

  removeFiles(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function configOf(options: GatewayOptions): object {
  const { meterPorts, pointsPerDevice, scanMs, brokerUrl, webPort, format, delivery } = options;
  const channels = meterPorts.map((port, index) => [
    `line-${index}`,
    { driver: "modbus-tcp", host: "127.0.0.1", port },
  ]);
  const points = pointsOf(pointsPerDevice);
  const devices = meterPorts.map((_, index) => [
    `meter-${index}`,
    { channel: `line-${index}`, unitId: 1, scan: `${scanMs} ms`, points },
  ]);
  return {
    gateway: { id: "bench" },
    buffer: { path: "./data", commitInterval: `${options.commitMs} ms` },
    ...(options.historyCapacity && { history: { capacity: options.historyCapacity } }),
    channels: Object.fromEntries(channels),
    devices: Object.fromEntries(devices),
    uplinks: { cloud: { type: "mqtt", url: brokerUrl, format, delivery } },
    web: { host: "127.0.0.1", port: webPort },
  };
}

/** As the meters serve them: uint16 tenths first, then float32. */
function pointsOf(count: number): Record<string, object> {
  const half = count / 2;
  const points = Array.from({ length: count }, (_, index) => {
    const number = String(index).padStart(4, "0");
    if (index < half) {
      return [`u${number}`, { address: `holding:${index}`, type: "uint16", scale: 0.1 }] as const;
    }
    const register = half + 2 * (index - half);
    return [`f${number}`, { address: `holding:${register}`, type: "float32" }] as const;
  });
  return Object.fromEntries(points);
}
