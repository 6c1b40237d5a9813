import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";

const OWN_FILES = ["CMakeLists.txt", "server.c", "space.c", "space.h", "types.c", "broken.c"];

/**
 * Compiles the peer with a person's folder of open62541 sources (1.5), and gives back the program.
 * What was built once is used again. Needs cmake, gcc, python3 and libssl-dev.
 */
export async function buildPeer(sources: string): Promise<string> {
  const hash = createHash("sha256")
    .update(resolve(sources))
    .update(import.meta.dirname);
  for (const name of OWN_FILES) hash.update(readFileSync(join(import.meta.dirname, name)));
  const folder = join(tmpdir(), `headgate-opcua-peer-${hash.digest("hex").slice(0, 12)}`);
  mkdirSync(folder, { recursive: true });
  const told = `-DOPEN62541=${resolve(sources)}`;
  await run("cmake", ["-S", import.meta.dirname, "-B", folder, told, "-Wno-dev"]);
  await run("cmake", ["--build", folder, "--target", "server", "-j", String(cpus().length)]);
  return join(folder, "server");
}

function run(program: string, words: readonly string[]): Promise<void> {
  const child = spawn(program, [...words], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const pipe of [child.stdout, child.stderr]) {
    pipe.on("data", (part: Buffer) => {
      said = (said + part.toString()).slice(-4000);
    });
  }
  return new Promise((done, failed) => {
    child.once("error", (error) => failed(new Error(`${program}: ${error.message}; install it`)));
    child.once("close", (code) => {
      if (code === 0) done();
      else failed(new Error(`${program} ${words.join(" ")} ended with ${code}:\n${said}`));
    });
  });
}
