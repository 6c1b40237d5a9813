import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";

const UP_TIMEOUT_MS = 60_000;

/** A nats-server of one's own on loopback, with JetStream and MQTT; ended by its process id. */
export class Nats {
  /** Of its MQTT 3.1.1 side. */
  readonly port: number;
  readonly #natsPort: number;
  readonly #folder: string;
  #process: ChildProcess | null = null;

  constructor(port: number, natsPort: number, folder: string) {
    this.port = port;
    this.#natsPort = natsPort;
    this.#folder = folder;
  }

  /** `config`: lines added to its configuration. */
  static async start(config: readonly string[] = []): Promise<Nats> {
    const folder = await mkdtemp(join(tmpdir(), "headgate-nats-"));
    const nats = new Nats(await freePort(), await freePort(), folder);
    const lines = [
      `server_name: "n1"`,
      `listen: "127.0.0.1:${nats.#natsPort}"`,
      `jetstream { store_dir: "${folder}" }`,
      `mqtt { listen: "127.0.0.1:${nats.port}" }`,
      `log_file: "${join(folder, "nats.log")}"`,
      ...config,
    ];
    await writeFile(join(folder, "nats.conf"), `${lines.join("\n")}\n`);
    await nats.restart();
    return nats;
  }

  /** For NATS clients. */
  get address(): string {
    return `127.0.0.1:${this.#natsPort}`;
  }

  /** For MQTT clients. */
  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  /** Starts it (again) on the same port with what it kept. */
  async restart(): Promise<void> {
    await this.kill();
    const linesBefore = await this.#readyCount();
    const child = spawn("nats-server", ["-c", join(this.#folder, "nats.conf")], {
      stdio: "ignore",
    });
    this.#process = child;
    const deadlineMs = Date.now() + UP_TIMEOUT_MS;
    while ((await this.#readyCount()) === linesBefore) {
      if (child.exitCode !== null) throw new Error(`nats-server ended with ${child.exitCode}`);
      if (Date.now() > deadlineMs) throw new Error("nats-server does not get ready");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends it at once, as a crash would. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** Ends it and removes its files. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #readyCount(): Promise<number> {
    // No log yet: it has not begun.
    const log = await readFile(join(this.#folder, "nats.log"), "utf8").catch(() => "");
    return log.split("Server is ready").length;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }
}
