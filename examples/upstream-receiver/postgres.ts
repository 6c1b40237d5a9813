import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { freePorts } from "./free-port.ts";
import type { Guard } from "./guard.ts";
import { Service, until } from "./service.ts";

const USER = "headgate";

/** Where the servers of a plant keep what they have, and what ends them. */
export interface ServerOptions {
  readonly folder: string;
  readonly guard: Guard;
  readonly signal: AbortSignal;
}

/** A PostgreSQL server of its own in `folder`, on loopback. */
export async function startPostgres({
  folder,
  guard,
  signal,
}: ServerOptions): Promise<{ service: Service; url: string }> {
  const home = join(folder, "postgres");
  const data = join(home, "data");
  const owner = ownerOf();
  mkdirSync(home);
  if ("uid" in owner) chownSync(home, owner.uid, owner.gid);
  const words = ["-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C"];
  await new Service({
    name: "initdb",
    command: postgresProgram("initdb"),
    args: words,
    logPath: join(folder, "initdb.log"),
    spawn: { ...owner, cwd: home },
    guard,
  }).run();
  const [port] = await freePorts(1);
  const settings = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: home,
    shared_buffers: "256MB",
    max_wal_size: "2GB",
  };
  const args = Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  const service = new Service({
    name: "postgres",
    command: postgresProgram("postgres"),
    args: ["-D", data, ...args],
    logPath: join(folder, "postgres.log"),
    spawn: { ...owner, cwd: home },
    // Disconnects its clients, makes a checkpoint and ends.
    goodbye: "SIGINT",
    guard,
  });
  service.start();
  const pidFile = join(data, "postmaster.pid");
  const isReady = () => {
    if (!service.isUp) throw new Error(`PostgreSQL ended; see ${folder}/postgres.log`);
    return existsSync(pidFile) && /^ready\s*$/m.test(readFileSync(pidFile, "utf8"));
  };
  await until("PostgreSQL", isReady, { signal });
  return { service, url: `postgres://${USER}@127.0.0.1:${port}/postgres?schema=headgate` };
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package made. */
function ownerOf(): { uid: number; gid: number } | Record<string, never> {
  if (process.getuid?.() !== 0) return {};
  const idOf = (option: string) =>
    Number(execFileSync("id", [option, "postgres"], { encoding: "utf8" }));
  return { uid: idOf("-u"), gid: idOf("-g") };
}

/** Debian keeps the programs of each version in a folder of its own. */
export function postgresProgram(name: string): string {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? name : join(root, newest, "bin", name);
}
