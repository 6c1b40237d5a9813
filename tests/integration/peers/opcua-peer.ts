import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** What the server is told. */
export interface OpcuaPeerOptions {
  readonly directory: string;
  readonly port?: number;
  readonly user?: { readonly name: string; readonly password: string };
  readonly operationMax?: number;
}

/** A running OPC UA server. */
export interface OpcuaPeer {
  readonly endpoint: string;
  readonly port: number;
  /** SIGSTOP hangs it with its sockets open, SIGCONT wakes it. */
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>;
}

/** What the plant is told: a server of counters that are recorded, and of many nodes. */
export interface OpcuaPlantOptions {
  readonly directory: string;
  readonly port: number;
  /** How often they count. */
  readonly periodMs: number;
  readonly counters: number;
  /** Of 100 values each. */
  readonly machines: number;
  /** Monitored items in all. */
  readonly itemsMax: number;
}

/** Starts the server and waits until it listens. */
export async function startOpcuaPeer(options: OpcuaPeerOptions): Promise<OpcuaPeer> {
  return await start("./opcua-server.ts", options);
}

/** Likewise the plant. */
export async function startOpcuaPlant(options: OpcuaPlantOptions): Promise<OpcuaPeer> {
  return await start("./opcua-plant.ts", options);
}

async function start(file: string, options: object): Promise<OpcuaPeer> {
  const program = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(
    process.execPath,
    ["--conditions=headgate-source", program, JSON.stringify(options)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const { endpoint, port } = await firstLine(child);
  return {
    endpoint,
    port,
    signal: (name) => void child.kill(name),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

async function firstLine(child: ChildProcess): Promise<{ endpoint: string; port: number }> {
  if (child.stdout === null) throw new Error("the OPC UA peer has no output");
  const lines = createInterface({ input: child.stdout });
  const exited = once(child, "exit").then(([code]) => {
    throw new Error(`the OPC UA peer ended before it was ready, with code ${code}`);
  });
  const [line] = await Promise.race([once(lines, "line"), exited]);
  exited.catch(() => {
    // It is ready; its end is its owner's business from here on.
  });
  return JSON.parse(String(line));
}
