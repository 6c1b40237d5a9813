import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createVirtualMeter } from "@headgate/drivers/testing";
import { RunningGateway } from "../../integration/peers/running-gateway.ts";

/** Who asks: a name for the report, and the headers that show it. */
export interface Asker {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of a session: what proves that a page of ours asks. */
  readonly csrf: string | null;
}

const PASSWORD = "a sentence to remember";
const ROLES = ["viewer", "technician", "admin"] as const;
/** Programs of each role: each has a budget of its own. */
const TOKENS_PER_ROLE = 12;
/** The process's; a gateway of this size has a third of it. */
const RSS_GROWN_MB_MAX = 150;

/** A built gateway as a process, with virtual devices on loopback, and everybody who may ask it. */
export interface ApiRig {
  readonly gateway: RunningGateway;
  readonly askers: readonly Asker[];
  readonly configText: string;
  /** Why it is not well; empty if it is. */
  check(): Promise<readonly string[]>;
  rssMb(): Promise<number>;
  end(): Promise<void>;
}

export async function createApiRig(): Promise<ApiRig> {
  const meter = createVirtualMeter({
    units: { 1: { holding: (address) => address % 300, coil: () => 1 } },
  });
  const port = await meter.listen();
  const gateway = await RunningGateway.prepare(configOf(port));
  gateway.start();
  await waitUntilUp(gateway);
  const askers = await makeAskers(gateway);
  const watch = new Watch(gateway);
  const configText = await readFile(join(gateway.folder, "gateway.yaml"), "utf8");
  return {
    gateway,
    askers,
    configText,
    check: () => watch.check(),
    rssMb: () => rssMbOf(gateway),
    async end() {
      await gateway.end();
      await meter.close();
    },
  };
}

function configOf(port: number): object {
  return {
    gateway: { id: "fuzzed" },
    buffer: { path: "./data", commitInterval: "500 ms", capacity: "64 MiB" },
    channels: {
      bus: { driver: "modbus-tcp", host: "localhost", port },
      sim: { driver: "simulated" },
    },
    devices: {
      meter: {
        channel: "bus",
        unitId: 1,
        scan: "200 ms",
        points: {
          power: { address: "holding:40", type: "float32", unit: "kW" },
          level: { address: "holding:42", access: "readWrite", min: 0, max: 100 },
        },
      },
      tank: { channel: "sim", scan: "1 s", points: { temperature: { mean: 4, amplitude: 1 } } },
    },
  };
}

async function waitUntilUp(gateway: RunningGateway): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const status = await gateway.status().catch(() => null); // It is not there yet.
    if (status && status.points.good >= 2) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the gateway did not come up in a minute");
}

async function makeAskers(gateway: RunningGateway): Promise<Asker[]> {
  const askers: Asker[] = [{ name: "nobody", headers: {}, csrf: null }];
  const forged = { authorization: "Bearer hg_00000000_forged" };
  askers.push({ name: "forged", headers: forged, csrf: null });
  for (const role of ROLES) {
    await make(gateway, "/api/users", { name: role, role, password: PASSWORD });
    askers.push(await login(gateway, role));
    for (let count = 0; count < TOKENS_PER_ROLE; count++) {
      askers.push(await program(gateway, role, count));
    }
  }
  return askers;
}

async function login(gateway: RunningGateway, name: string): Promise<Asker> {
  const answer = await fetch(`${gateway.url}/api/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, password: PASSWORD }),
  });
  const { csrf } = (await answer.json()) as { csrf: string };
  const cookie = (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  return { name: `session of ${name}`, headers: { cookie }, csrf };
}

async function program(gateway: RunningGateway, role: string, count: number): Promise<Asker> {
  const made = await make(gateway, "/api/tokens", { name: `${role}-${count}`, role, days: 1 });
  const headers = { authorization: `Bearer ${(made as { secret: string }).secret}` };
  return { name: `token of ${role}`, headers, csrf: null };
}

/** Who makes so much has a budget, too: it waits. */
async function make(gateway: RunningGateway, path: string, body: object): Promise<unknown> {
  for (let tries = 0; ; tries++) {
    const made = await gateway.post(path, body);
    if (made.ok) return made.body;
    const { status } = made.body as { status?: number };
    if (status !== 429 || tries > 60) throw new Error(`${path}: ${JSON.stringify(made.body)}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function rssMbOf({ pid }: RunningGateway): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1]) / 1024;
}

/** Whether the gateway does its work while it is asked. */
class Watch {
  readonly #gateway: RunningGateway;
  #firstMb = 0;
  #committed = -1;
  #loggedCount = 0;

  constructor(gateway: RunningGateway) {
    this.#gateway = gateway;
  }

  async check(): Promise<readonly string[]> {
    const gateway = this.#gateway;
    const faults = [...gateway.surprises];
    if (faults.length > 0) return faults;
    const rssMb = await rssMbOf(gateway);
    if (this.#firstMb === 0) this.#firstMb = rssMb;
    if (rssMb > this.#firstMb + RSS_GROWN_MB_MAX) {
      faults.push(`it grew from ${Math.round(this.#firstMb)} to ${Math.round(rssMb)} MB`);
    }
    const { buffer, points } = (await gateway.ask("GET", "/api/status")).body as Awaited<
      ReturnType<RunningGateway["status"]>
    >;
    // A life that began anew counts from the start.
    if (buffer.committedCount === this.#committed) faults.push("nothing was committed");
    if (points.good === 0) faults.push("no point is good");
    this.#committed = buffer.committedCount;
    const log = await gateway.log();
    for (const { level, msg, ...rest } of log.slice(this.#loggedCount)) {
      if (level >= 50) faults.push(`it logged ${msg} ${JSON.stringify(rest).slice(0, 1500)}`);
    }
    this.#loggedCount = log.length;
    return faults;
  }
}
