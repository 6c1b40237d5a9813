import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";

const UP_TIMEOUT_MS = 60_000;
const PROBE_INTERVAL_MS = 20;

export interface MosquittoOptions {
  /** Keeps retained messages and sessions over a restart, as far as mosquitto does. */
  readonly isPersistent?: boolean;
  /** Lines added to the configuration file. */
  readonly config?: readonly string[];
  /** Lines of a password file made with `mosquitto_passwd`; anonymous clients are refused then. */
  readonly passwordFile?: string;
}

/** A mosquitto of one's own on a loopback port, ended by its process id. */
export class Mosquitto {
  readonly port: number;
  readonly url: string;
  readonly #folder: string;
  #process: ChildProcess | null = null;

  constructor(port: number, folder: string) {
    this.port = port;
    this.url = `mqtt://127.0.0.1:${port}`;
    this.#folder = folder;
  }

  static async start(options: MosquittoOptions = {}): Promise<Mosquitto> {
    const folder = await mkdtemp(join(tmpdir(), "headgate-mosquitto-"));
    const port = await freePort();
    const { isPersistent = false, config = [], passwordFile } = options;
    const lines = [
      `listener ${port} 127.0.0.1`,
      ...(passwordFile ? ["allow_anonymous false", `password_file ${passwordFile}`] : []),
      ...(passwordFile ? [] : ["allow_anonymous true"]),
      `persistence ${isPersistent}`,
      ...(isPersistent ? [`persistence_location ${folder}/`, "autosave_interval 1"] : []),
      "max_queued_messages 100000",
      ...config,
    ];
    return Mosquitto.#startIn(folder, port, lines.join("\n"));
  }

  /** With a whole configuration file, one of whose listeners is `port` of loopback. */
  static async startWith(port: number, file: string): Promise<Mosquitto> {
    return Mosquitto.#startIn(await mkdtemp(join(tmpdir(), "headgate-mosquitto-")), port, file);
  }

  static async #startIn(folder: string, port: number, file: string): Promise<Mosquitto> {
    const broker = new Mosquitto(port, folder);
    const asRoot = process.getuid?.() === 0 ? "user root\n" : "";
    await writeFile(join(folder, "mosquitto.conf"), `${asRoot}${file}\n`);
    await broker.restart();
    return broker;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts it (again) on the same port; ends a running one first. */
  async restart(): Promise<void> {
    await this.#end("SIGKILL");
    const child = spawn("mosquitto", ["-c", join(this.#folder, "mosquitto.conf")], {
      stdio: "ignore",
    });
    this.#process = child;
    const deadlineMs = Date.now() + UP_TIMEOUT_MS;
    while (!(await isListening(this.port))) {
      if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}`);
      if (Date.now() > deadlineMs) throw new Error("mosquitto does not listen");
      await new Promise((resolve) => setTimeout(resolve, PROBE_INTERVAL_MS));
    }
  }

  /** Ends it at once, as a crash would. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** Stops it without closing a connection: half-open for its clients. */
  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  /** Lets a frozen one go on. */
  thaw(): void {
    this.#process?.kill("SIGCONT");
  }

  /** Ends it and removes its files. */
  async stop(): Promise<void> {
    this.thaw();
    await this.#end("SIGTERM");
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => socket.destroy());
    socket.once("connect", () => socket.destroy());
  });
}
