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

const program = fileURLToPath(new URL("./opcua-server.ts", import.meta.url));

/** Starts the server and waits until it listens. */
export async function startOpcuaPeer(options: OpcuaPeerOptions): Promise<OpcuaPeer> {
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
