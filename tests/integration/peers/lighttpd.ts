import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { stopProcess } from "./pymodbus.ts";

/** A running web server; `stop` ends it and removes its files. */
export interface Lighttpd {
  readonly port: number;
  stop(): Promise<void>;
}

/** What it serves, and to whom. */
export interface LighttpdOptions {
  /** Content by file name. */
  readonly files: Readonly<Record<string, Buffer>>;
  readonly username: string;
  readonly password: string;
  readonly method: "digest" | "basic";
  /** Of digest: the hash. */
  readonly algorithm?: "MD5" | "SHA-256";
}

const PROGRAM = "/usr/sbin/lighttpd";

/** Starts Debian's lighttpd on a free loopback port, every file behind a login. */
export async function startLighttpd(options: LighttpdOptions): Promise<Lighttpd> {
  const folder = await mkdtemp(join(tmpdir(), "headgate-lighttpd-"));
  const port = await freePort();
  for (const [name, content] of Object.entries(options.files)) {
    await writeFile(join(folder, name), content);
  }
  await writeFile(join(folder, "users"), `${options.username}:${options.password}\n`);
  await writeFile(join(folder, "server.conf"), configuration(folder, port, options));
  const child = spawn(PROGRAM, ["-D", "-f", join(folder, "server.conf")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let complaint = "";
  child.stderr.on("data", (bytes: Buffer) => {
    complaint += bytes;
  });
  const failed = once(child, "exit").then(() => {
    throw new Error(`lighttpd ended: ${complaint}`);
  });
  await Promise.race([answers(port), failed]);
  // From here on its end is wanted.
  failed.catch(() => {});
  return {
    port,
    async stop() {
      await stopProcess(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function configuration(folder: string, port: number, options: LighttpdOptions): string {
  const { method, algorithm = "MD5" } = options;
  const hash = method === "digest" ? `, "algorithm" => "${algorithm}"` : "";
  return `
server.document-root = "${folder}"
server.bind = "127.0.0.1"
server.port = ${port}
server.modules = ( "mod_auth", "mod_authn_file" )
mimetype.assign = ( ".jpg" => "image/jpeg" )
auth.backend = "plain"
auth.backend.plain.userfile = "${folder}/users"
auth.require = ( "/" => (
  "method" => "${method}", "realm" => "a camera, gate=1", "require" => "valid-user"${hash}
) )
`;
}

async function answers(port: number): Promise<void> {
  for (;;) {
    try {
      await fetch(`http://127.0.0.1:${port}/`);
      return;
    } catch {
      // Not listening yet.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
