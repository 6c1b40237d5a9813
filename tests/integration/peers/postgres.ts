import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";

const UP_TIMEOUT_MS = 60_000;
const PROBE_INTERVAL_MS = 20;
const USER = "headgate";

export interface PostgresOptions {
  /** Settings, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A PostgreSQL cluster of one's own on a loopback port, ended by its process id. */
export class Postgres {
  readonly port: number;
  readonly #folder: string;
  readonly #settings: Readonly<Record<string, string>>;
  #process: ChildProcess | null = null;
  #storeCount = 0;

  constructor(port: number, folder: string, settings: Readonly<Record<string, string>>) {
    this.port = port;
    this.#folder = folder;
    this.#settings = settings;
  }

  static async start({ settings = {} }: PostgresOptions = {}): Promise<Postgres> {
    const folder = mkdtempSync(join(tmpdir(), "headgate-postgres-"));
    const owner = ownerOf();
    if ("uid" in owner) chownSync(folder, owner.uid, owner.gid);
    const words = ["-D", join(folder, "data"), "-U", USER, "-A", "trust", "-E", "UTF8", "-N"];
    execFileSync(program("initdb"), [...words, "--locale=C"], {
      ...owner,
      cwd: folder,
      stdio: "pipe",
    });
    const postgres = new Postgres(await freePort(), folder, settings);
    await postgres.restart();
    return postgres;
  }

  /** The address of a store; a new one each time, or the one of that name. */
  url(schema = `store_${++this.#storeCount}`, database = "postgres"): string {
    return `postgres://${USER}@127.0.0.1:${this.port}/${database}?schema=${schema}`;
  }

  /** Runs one of PostgreSQL's client programs and returns what it prints. */
  run(name: string, words: readonly string[], input?: string): string {
    const address = ["-h", "127.0.0.1", "-p", String(this.port), "-U", USER];
    return execFileSync(program(name), [...address, ...words], {
      encoding: "utf8",
      stdio: ["pipe", "pipe", "pipe"],
      maxBuffer: 2 ** 28,
      ...(input === undefined ? {} : { input }),
    });
  }

  /** What a statement gives, without headings; columns with | between. */
  sql(statement: string, database = "postgres"): string {
    const words = ["-d", database, "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement];
    return this.run("psql", words).trim();
  }

  /** User and system time of the server's processes that are alive, in ticks of 1/100 s. */
  cpuTicks(): number {
    const main = this.#process?.pid;
    const pids = readFileSync(`/proc/${main}/task/${main}/children`, "utf8").trim().split(" ");
    return [String(main), ...pids].reduce((sum, pid) => {
      const stat = `/proc/${pid}/stat`;
      if (!existsSync(stat)) return sum;
      const text = readFileSync(stat, "utf8");
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      return sum + Number(fields[11]) + Number(fields[12]);
    }, 0);
  }

  /** Starts it (again) on the same port; ends a running one first, as a crash would. */
  async restart(): Promise<void> {
    await this.kill();
    const settings = {
      listen_addresses: "127.0.0.1",
      port: String(this.port),
      unix_socket_directories: this.#folder,
      // Processes are killed here, never the power.
      fsync: "off",
      ...this.#settings,
    };
    const words = Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
    const child = spawn(program("postgres"), ["-D", join(this.#folder, "data"), ...words], {
      ...ownerOf(),
      cwd: this.#folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr?.on("data", (text) => {
      said = `${said}${text}`.slice(-2000);
    });
    this.#process = child;
    const deadlineMs = Date.now() + UP_TIMEOUT_MS;
    while (!this.#isUp()) {
      if (child.exitCode !== null) throw new Error(`postgres ended: ${said}`);
      if (Date.now() > deadlineMs) throw new Error(`postgres does not answer: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, PROBE_INTERVAL_MS));
    }
  }

  #isUp(): boolean {
    // The eighth line of this file tells the postmaster's state.
    const file = join(this.#folder, "data", "postmaster.pid");
    return existsSync(file) && /^ready\s*$/m.test(readFileSync(file, "utf8"));
  }

  /** Ends it without a checkpoint: it recovers at the next start. */
  kill(): Promise<void> {
    return this.#end("SIGQUIT");
  }

  /** Ends it and removes its files. */
  async stop(): Promise<void> {
    await this.#end("SIGINT");
    rmSync(this.#folder, { recursive: true, force: true });
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

/** PostgreSQL refuses to run as root: then it runs as the user its package made. */
function ownerOf(): { uid: number; gid: number } | Record<string, never> {
  if (process.getuid?.() !== 0) return {};
  const idOf = (option: string) =>
    Number(execFileSync("id", [option, "postgres"], { encoding: "utf8" }));
  return { uid: idOf("-u"), gid: idOf("-g") };
}

/** Debian keeps the programs of each version in a folder of its own: the newest one's. */
function program(name: string): string {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? name : join(root, newest, "bin", name);
}
