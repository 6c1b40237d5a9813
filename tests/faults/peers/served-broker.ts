import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../integration/peers/free-port.ts";
import type { Broker } from "./broker.ts";

/** How a broker's process is started. */
export interface Serving {
  readonly command: string;
  readonly words: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly upMsMax: number;
  /** What it leaves running is ended by this, after it. */
  readonly after?: () => void;
}

/** A broker in a process group of its own, ended by its id. */
export class ServedBroker implements Broker {
  readonly port: number;
  readonly url: string;
  readonly #folder: string;
  readonly #serving: Serving;
  #process: ChildProcess | null = null;

  private constructor(port: number, folder: string, serving: Serving) {
    this.port = port;
    this.url = `mqtt://127.0.0.1:${port}`;
    this.#folder = folder;
    this.#serving = serving;
  }

  /** `prepare` writes its files into the folder and says how to start it on the port. */
  static async start(
    prepare: (port: number, folder: string) => Promise<Serving>,
  ): Promise<ServedBroker> {
    const folder = await mkdtemp(join(tmpdir(), "headgate-broker-"));
    const port = await freePort();
    const broker = new ServedBroker(port, folder, await prepare(port, folder));
    try {
      await broker.restart();
    } catch (error) {
      await broker.stop();
      throw error;
    }
    return broker;
  }

  async restart(): Promise<void> {
    await this.kill();
    const { command, words, env, upMsMax } = this.#serving;
    const child = spawn(command, [...words], {
      stdio: "ignore",
      detached: true,
      env: { ...process.env, ...env },
    });
    this.#process = child;
    const failed = once(child, "error").then(([error]) => Promise.reject(error));
    failed.catch(() => {}); // Told below, if it happens while we wait.
    const deadlineMs = performance.now() + upMsMax;
    while (!(await Promise.race([isListening(this.port), failed]))) {
      if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}`);
      if (performance.now() > deadlineMs) throw new Error(`${command} does not listen`);
      await pause();
    }
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    // Its group: some start others to do the work.
    process.kill(-child.pid, "SIGKILL");
    await ended;
    // The one that listens may not be the one that was started.
    while (await isListening(this.port)) await pause();
  }

  async stop(): Promise<void> {
    await this.kill();
    this.#serving.after?.();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
