import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../integration/peers/free-port.ts";

/** What the server is told; see `server.c`. */
export type PeerSettings = Readonly<Record<string, number>>;

/** Namespace of all its nodes but the standard's own. */
export const PLANT = "urn:dairy:peer:plant";

/** The independent server while it runs. */
export class IndependentPeer {
  readonly endpoint: string;
  readonly port: number;
  readonly pki: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number, pki: string) {
    this.#child = child;
    this.port = port;
    this.endpoint = `opc.tcp://127.0.0.1:${port}`;
    this.pki = pki;
  }

  /** Starts `program` with a folder for its keys, and waits until it listens. */
  static async start(
    program: string,
    { pki, settings = {} }: { pki: string; settings?: PeerSettings },
  ): Promise<IndependentPeer> {
    const port = settings.port ?? (await freePort());
    const words = Object.entries({ ...settings, port }).map(([key, value]) => `${key}=${value}`);
    const child = spawn(program, [`pki=${pki}`, ...words], { stdio: ["pipe", "pipe", "ignore"] });
    if (child.stdout === null) throw new Error("the independent peer has no output");
    const exited = once(child, "exit").then(([code]) => {
      throw new Error(`the independent peer ended before it was ready, with code ${code}`);
    });
    await Promise.race([readiness(child.stdout), exited]);
    exited.catch(() => {
      // It is ready; its end is its owner's business from here on.
    });
    return new IndependentPeer(child, port, pki);
  }

  get processId(): number {
    return this.#child.pid ?? 0;
  }

  /** What it says of how well it can serve, 0 to 255. */
  setServiceLevel(level: number): void {
    this.#child.stdin?.write(`level ${level}\n`);
  }

  /** Trusts what it refused, as its operator would: by moving files. */
  trustRefused(group: "ApplCerts" | "UserTokenCerts"): number {
    const refused = join(this.pki, group, "rejected", "certs");
    const names = readdirSync(refused);
    const trusted = join(this.pki, group, "trusted", "certs");
    for (const name of names) copyFileSync(join(refused, name), join(trusted, name));
    return names.length;
  }

  /** Trusts one certificate, DER. */
  trust(group: "ApplCerts" | "UserTokenCerts", der: Uint8Array): void {
    const trusted = join(this.pki, group, "trusted", "certs");
    mkdirSync(trusted, { recursive: true });
    writeFileSync(join(trusted, `${group}.der`), der);
  }

  async stop(name: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill(name);
    await gone;
  }
}

/** Its library logs there too. */
async function readiness(output: NodeJS.ReadableStream): Promise<void> {
  const lines = createInterface({ input: output });
  for (;;) {
    const [line] = await once(lines, "line");
    if (String(line).startsWith("port ")) return;
  }
}
