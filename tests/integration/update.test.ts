import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Program } from "../faults/program.ts";
import { freePort } from "./peers/free-port.ts";
import { BUILT_HEADGATE, environment, headgate, runNode } from "./peers/headgate.ts";

// The real launcher over versions that were packed, signed and installed.

const ROOT = join(import.meta.dirname, "..", "..");
const MAKE_RELEASE = join(ROOT, "packages", "gateway", "build", "make-release.ts");
const WAIT = { timeout: 180_000, interval: 200 };
const TEST_MS_MAX = 400_000;
/** A fifth of it all has to be well; the rest is for a start on a busy machine. */
const GATE_SECONDS = 40;
const PIECE_BYTES = 2_000_000;

vi.setConfig({ testTimeout: TEST_MS_MAX });

let root = "";
let url = "";
let launcher: Program;
/** By version: the file. */
const updates = new Map<string, string>();
const folder = () => join(root, "program");

interface Update {
  readonly version: string;
  readonly previous: string | null;
  readonly trial: object | null;
  readonly last: { readonly kind: string; readonly version: string; readonly why: string } | null;
  readonly staged: { readonly version: string; readonly signer: string } | null;
}

async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const token = await readFile(join(root, "data", "web", "local-token"), "utf8");
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token.trim()}`,
      ...(body && { "content-type": "application/json" }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const said = (await answer.json()) as { detail?: string };
  if (!answer.ok) throw new Error(said.detail ?? `${answer.status}`);
  return said as T;
}

async function run(...words: string[]): Promise<string> {
  const { code, out, err } = await headgate("update", ...words);
  if (code !== 0) throw new Error(err);
  return out;
}

/** An update of a folder, by its own version, signed with the vendor's key. */
async function pack(release: string, version: string): Promise<void> {
  const about = { name: "headgate", version, type: "module", engines: { node: ">=22.14" } };
  await writeFile(join(release, "package.json"), JSON.stringify(about));
  const out = join(root, `headgate-${version}.hgu`);
  await run("pack", release, "--key", join(root, "vendor.key"), "-o", out, "--notes", version);
  updates.set(version, out);
}

const fileOf = (version: string) => updates.get(version) ?? "";

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "headgate-updates-"));
  await run("key", join(root, "vendor"));
  const release = join(root, "release");
  const made = await runNode([MAKE_RELEASE, release]);
  expect(made.err).toBe("");
  await pack(release, "1.0.0");
  await pack(release, "1.1.0");
  const broken = join(root, "broken");
  await mkdir(join(broken, "dist"), { recursive: true });
  await cp(join(release, "dist", "launch.js"), join(broken, "dist", "launch.js"));
  await writeFile(join(broken, "dist", "main.js"), "process.exit(3);\n");
  await pack(broken, "1.2.0");
  await writeFile(join(broken, "dist", "main.js"), "setInterval(() => {}, 1000);\n");
  await pack(broken, "1.3.0");

  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const config = {
    gateway: { id: "pasture-07" },
    buffer: { path: "./data", capacity: "16 MiB", commitInterval: "100 ms" },
    channels: { sim: { driver: "simulated" } },
    devices: { tank: { channel: "sim", scan: "200 ms", points: { level: { mean: 1 } } } },
    web: { host: "127.0.0.1", port },
  };
  await writeFile(join(root, "gateway.yaml"), JSON.stringify(config));
  const trust = ["--trust", join(root, "vendor.pem")];
  await run("install", fileOf("1.0.0"), "--into", folder(), ...trust);
  const words = [join(folder(), "launch.js"), "run", "-c", join(root, "gateway.yaml")];
  const env = { HEADGATE_GATE_SECONDS: `${GATE_SECONDS}` };
  launcher = new Program({ name: "launcher", words, folder: root, env });
}, 300_000);
afterAll(async () => {
  await launcher.kill();
  await rm(root, { recursive: true, force: true });
});

/** Sends it as a page does, and has it installed. */
async function sendAndInstall(version: string): Promise<void> {
  const bytes = await readFile(fileOf(version));
  let seen: Update | null = null;
  for (let offset = 0; offset < bytes.length; offset += PIECE_BYTES) {
    const piece = bytes.subarray(offset, offset + PIECE_BYTES).toString("base64");
    seen = await ask("PUT", "/api/update/file", { offset, size: bytes.length, bytes: piece });
  }
  expect(seen?.staged).toMatchObject({ version, signer: "vendor" });
  await ask("POST", "/api/update/install", { version });
}

const until = async (look: (update: Update) => void) =>
  await vi.waitFor(async () => look(await ask<Update>("GET", "/api/update")), WAIT);

test("what is damaged or older is refused; what is good proves itself and stays", async () => {
  launcher.start();
  await until(({ version, trial }) => expect([version, trial]).toEqual(["1.0.0", null]));
  const damaged = await readFile(fileOf("1.1.0"));
  damaged[damaged.length - 100] = (damaged[damaged.length - 100] ?? 0) ^ 1;
  await writeFile(join(root, "damaged.hgu"), damaged);
  await expect(run("show", join(root, "damaged.hgu"), "--into", folder())).rejects.toThrow(
    "damaged",
  );
  await vi.waitFor(async () => {
    const { points } = await ask<{ points: { good: number } }>("GET", "/api/status");
    expect(points.good).toBe(1);
  }, WAIT);

  await sendAndInstall("1.1.0");
  await until(({ version, last }) => {
    expect([version, last?.kind, last?.version]).toEqual(["1.1.0", "confirmed", "1.1.0"]);
  });
  const parts = await ask<{ components: unknown[] }>("GET", "/api/parts");
  expect(parts.components.length).toBeGreaterThan(80);
  await expect(run("install", fileOf("1.0.0"), "--into", folder())).rejects.toThrow(
    "is older than",
  );
});

test("one that dies at its start goes back by itself, and says so; nothing is lost", async () => {
  const { buffer } = await ask<Status>("GET", "/api/status");
  await sendAndInstall("1.2.0");
  await until(({ version, previous, last }) => {
    expect({ version, previous, kind: last?.kind, of: last?.version }).toEqual({
      ...{ version: "1.1.0", previous: null, kind: "went-back", of: "1.2.0" },
    });
    expect(last?.why).toBe("version 1.2.0 ended 3 times within its trial");
  });
  const log = launcher.logPaths.map((path) => readFileSync(path, "utf8")).join("");
  expect(log).toContain("launcher: back to version 1.1.0");
  await vi.waitFor(async () => {
    const again = (await ask<Status>("GET", "/api/status")).buffer;
    const [before, after] = [mainOf(buffer), mainOf(again)];
    expect(after.epoch).toBe(before.epoch);
    expect(after.headSeq).toBeGreaterThan(before.headSeq);
    expect(again.gapCount).toBe(0);
  }, WAIT);
  await expect(ask("POST", "/api/update/roll-back")).rejects.toThrow("no version is kept");
});

interface Status {
  readonly buffer: {
    readonly gapCount: number;
    readonly streams: readonly { stream: string; epoch: string; headSeq: number }[];
  };
}
function mainOf({ streams }: Status["buffer"]) {
  const main = streams.find(({ stream }) => stream === "main");
  if (!main) throw new Error("there is no main stream");
  return main;
}

test("the gateway goes with its launcher, also where that is killed", async () => {
  const pid = Number(readFileSync(`/proc/${launcher.pid}/task/${launcher.pid}/children`, "utf8"));
  expect(pid).toBeGreaterThan(0);
  await launcher.kill();
  await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), WAIT);
});

test("an install that is killed at any moment leaves the old or the new one whole", async () => {
  const manifest = JSON.parse(readFileSync(fileOf("1.2.0"), "latin1").split("\n")[2] ?? "") as {
    files: { path: string; sha256: string }[];
  };
  const seen = new Set<string>();
  for (const moment of ["incoming-1.2.0", "1.2.0", "1.2.0", "versions.json.new", "", ""]) {
    const before = stateOf();
    await rm(join(folder(), "1.2.0"), { recursive: true, force: true });
    const child = startInstall();
    const ended = once(child, "exit");
    await killAt(child, moment);
    await ended;
    const { current } = stateOf();
    seen.add(current);
    expect([before.current, "1.2.0"]).toContain(current);
    if (current !== "1.2.0") {
      expect(existsSync(join(folder(), current, "dist", "main.js"))).toBe(true);
      continue;
    }
    for (const { path, sha256 } of manifest.files) {
      const bytes = readFileSync(join(folder(), current, path));
      expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256);
    }
    // By hand, so that it can be tried anew.
    await run("roll-back", "--into", folder());
  }
  expect(seen.has("1.1.0")).toBe(true);
  await run("install", fileOf("1.2.0"), "--into", folder());
  expect(stateOf()).toMatchObject({ current: "1.2.0", previous: "1.1.0" });
  expect(readdirSync(folder()).filter((name) => name.startsWith("incoming"))).toEqual([]);
});

test("one that hangs is ended, and the one before comes back; SIGTERM stops both", async () => {
  await run("roll-back", "--into", folder());
  await run("install", fileOf("1.3.0"), "--into", folder());
  const words = [join(folder(), "launch.js"), "run", "-c", join(root, "gateway.yaml")];
  const env = { HEADGATE_GATE_SECONDS: "1" };
  launcher = new Program({ name: "again", words, folder: root, env });
  launcher.start();
  await until(({ version, trial, last }) => {
    expect([version, trial]).toEqual(["1.1.0", null]);
    expect(last?.why).toBe("version 1.3.0 said nothing in its trial");
  });
  expect(await launcher.stop(60_000)).toBe(0);
});

const stateOf = () =>
  JSON.parse(readFileSync(join(folder(), "versions.json"), "utf8")) as { current: string };

function startInstall(): ChildProcess {
  const words = [BUILT_HEADGATE, "update", "install", fileOf("1.2.0"), "--into", folder()];
  return spawn(process.execPath, words, { stdio: "ignore", env: environment() });
}

/** As soon as this is to be seen, or after a while that differs. */
async function killAt(child: ChildProcess, moment: string): Promise<void> {
  const path = join(folder(), moment);
  const isThere = () => moment !== "" && existsSync(path);
  for (let waited = 0; child.exitCode === null && !isThere(); waited++) {
    if (moment === "" && waited > 200 + Math.random() * 200) break;
    await sleep(1);
  }
  child.kill("SIGKILL");
}
