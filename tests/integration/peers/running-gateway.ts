import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program } from "../../faults/program.ts";
import { freePort } from "./free-port.ts";
import { BUILT_HEADGATE } from "./headgate.ts";

/** The parts of `/api/status` that tests look at. */
export interface GatewayStatus {
  readonly channels: readonly { id: string; state: State }[];
  readonly points: { good: number; bad: number };
  readonly buffer: {
    readonly committedCount: number;
    readonly gapCount: number;
    readonly problems: readonly string[];
    readonly streams: readonly { stream: string; epoch: string; headSeq: number }[];
  };
  readonly uplinks: readonly { id: string; state: State; backlog: { blocks: number } }[];
}

interface State {
  readonly kind: string;
  readonly reason?: string;
  readonly retryInMs?: number;
}

/** Of the API. */
export interface Answer {
  readonly ok: boolean;
  readonly body: unknown;
}

/** A line of the gateway's log. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly reason?: string;
}

const STOP_MS_MAX = 60_000;

/** `headgate run` with a config of one's own, in a folder of its own. */
export class RunningGateway {
  readonly folder: string;
  readonly url: string;
  readonly #env: NodeJS.ProcessEnv = {};
  readonly #program: Program;

  private constructor(folder: string, webPort: number) {
    this.folder = folder;
    this.url = `http://127.0.0.1:${webPort}`;
    const words = [BUILT_HEADGATE, "run", "-c", join(folder, "gateway.yaml")];
    this.#program = new Program({ name: "gateway", words, folder, env: this.#env });
  }

  /** Writes the config; `web` and `buffer.path` (`data` in its folder) are set. Does not start. */
  static async prepare(config: object): Promise<RunningGateway> {
    const folder = await mkdtemp(join(tmpdir(), "headgate-run-"));
    const port = await freePort();
    const whole = {
      gateway: { id: "bad-weather" },
      buffer: { path: "./data", commitInterval: "100 ms", capacity: "16 MiB" },
      web: { host: "127.0.0.1", port },
      ...config,
    };
    await writeFile(join(folder, "gateway.yaml"), JSON.stringify(whole));
    return new RunningGateway(folder, port);
  }

  /** `env`: added to the environment of this life and those that follow. */
  start(env: NodeJS.ProcessEnv = {}): void {
    Object.assign(this.#env, env);
    this.#program.start();
  }

  async status(): Promise<GatewayStatus> {
    return (await (await fetch(`${this.url}/api/status`)).json()) as GatewayStatus;
  }

  /** Of all its lives, or of the last one. */
  async log(lives: "all" | "last" = "all"): Promise<LogLine[]> {
    const paths = this.#program.logPaths.slice(lives === "last" ? -1 : 0);
    const texts = await Promise.all(paths.map((path) => readFile(path, "utf8")));
    const lines = texts.join("").split("\n");
    return lines.filter((line) => line !== "").map(logLineOf);
  }

  /** Of the life that runs. */
  get pid(): number {
    return this.#program.pid;
  }

  /** Ends that nobody asked for. */
  get surprises(): readonly string[] {
    return this.#program.surprises;
  }

  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null> {
    return this.#program.stop(STOP_MS_MAX);
  }

  /** Sends JSON to a route, as the command line on this machine does; the answer in JSON. */
  post(path: string, body: object): Promise<Answer> {
    return this.ask("POST", path, { body });
  }

  /** `version`: of the configuration that was looked at. */
  async ask(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    { body, version }: { body?: object; version?: number } = {},
  ): Promise<Answer> {
    const token = await readFile(join(this.folder, "data", "web", "local-token"), "utf8");
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token.trim()}`,
        ...(body && { "content-type": "application/json" }),
        ...(version !== undefined && { "if-match": `"${version}"` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { ok: answer.ok, body: await answer.json() };
  }

  /** `kill -9`. It may be started again. */
  async kill(): Promise<void> {
    await this.#program.kill();
  }

  /** Ends what still runs and removes its files. */
  async end(): Promise<void> {
    await this.#program.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** What Node itself has to say stands between, and is no JSON: nobody expects that. */
function logLineOf(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch (cause) {
    throw new Error(`in the log: ${line}`, { cause });
  }
}
