import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { exportBuffer } from "@headgate/sync/buffer";
import { exportRecord, receiveStatus } from "@headgate/sync/receiver";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Program } from "../faults/program.ts";
import { freePort } from "./peers/free-port.ts";
import { BUILT_HEADGATE, environment, headgate } from "./peers/headgate.ts";
import { Mosquitto } from "./peers/mosquitto.ts";

// The real command line over gateways that run: what a box that was lost leaves behind.

const WORDS = "ein Satz, den niemand errät";
const SECRET = "broker-password-4711";
const SOON = { timeout: 60_000, interval: 100 };
vi.setConfig({ testTimeout: 400_000, hookTimeout: 240_000 });

const TERMINAL = join(import.meta.dirname, "peers", "terminal.py");
const runFile = promisify(execFile);

let root = "";
let broker: Mosquitto;
let url = "";
let receiver: Program;
const boxes: Program[] = [];
const at = (...names: string[]) => join(root, ...names);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "headgate-backups-"));
  broker = await Mosquitto.start();
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  receiver = run("receiver", "receive", "--url", broker.url, "--store", at("upstream.db"));
  await mkdir(at("a", "data", "secrets"), { recursive: true });
  await writeFile(at("a", "data", "secrets", "cloud"), `${SECRET}\n`);
  await writeFile(at("words"), `${WORDS}\n`);
  const cloud = { type: "mqtt", url: broker.url, username: "box", password: `\${secret:cloud}` };
  const config = {
    gateway: { id: "pasture-07" },
    buffer: { path: "./data", capacity: "16 MiB", commitInterval: "50 ms" },
    channels: { sim: { driver: "simulated" } },
    devices: { tank: { channel: "sim", scan: "50 ms", points: { level: {} } } },
    uplinks: { cloud: { ...cloud, format: "blocks", delivery: "receiver" } },
    web: { host: "127.0.0.1", port },
  };
  await writeFile(at("a", "gateway.yaml"), JSON.stringify(config));
});
afterEach(async () => {
  for (const program of [...boxes.splice(0), receiver]) await program.kill();
  await broker.stop();
  await rm(root, { recursive: true, force: true });
});

function run(name: string, ...words: string[]): Program {
  const options = { name, words: [BUILT_HEADGATE, ...words], folder: root };
  const program = new Program({ ...options, env: environment() });
  program.start();
  return program;
}

function start(name: string): Program {
  const box = run(name, "run", "-c", at(name, "gateway.yaml"), "--log-level", "debug");
  boxes.push(box);
  return box;
}

async function done(...words: string[]): Promise<string> {
  const { code, out, err } = await headgate(...words, "--passphrase-file", at("words"));
  expect(err).toBe("");
  expect(code).toBe(0);
  return out;
}

interface Status {
  readonly buffer: { readonly committedCount: number };
  readonly uplinks: readonly {
    readonly state: { readonly kind: string; readonly reason?: string };
    readonly backlog: { readonly blocks: number };
  }[];
}
const status = async () => (await (await fetch(`${url}/api/status`)).json()) as Status;

/** Of what upstream has: each sample by its name for ever, and by its point and time. */
const stored = () =>
  [...exportRecord(at("upstream.db"), {})].map(({ epoch, block, index, point, t }) => {
    return { epoch, id: `${epoch} ${block} ${index} ${point} ${t}`, moment: `${point} ${t}` };
  });
const epochs = () =>
  receiveStatus(at("upstream.db")).epochs.filter(({ stream }) => stream === "main");

function kept(name: string): readonly string[] {
  return [...exportBuffer(at(name, "data"))].map(({ epoch, block, index, sample }) => {
    return `${epoch} ${block} ${index} ${sample.pointId} ${sample.timestampMs}`;
  });
}

async function untilSent(count: number): Promise<void> {
  await vi.waitFor(async () => {
    const { buffer, uplinks } = await status();
    expect(buffer.committedCount).toBeGreaterThan(count);
    expect(uplinks[0]?.state.kind).toBe("up");
    expect(uplinks[0]?.backlog.blocks).toBeLessThan(10);
  }, SOON);
}

/** Upstream has each sample once, without a hole and without a number that means two. */
async function untilWhole(samples: readonly string[]): Promise<void> {
  await vi.waitFor(() => {
    const all = stored();
    const ids = new Set(all.map(({ id }) => id));
    expect(samples.filter((id) => !ids.has(id))).toEqual([]);
    for (const { holes, conflictCount, gaps } of epochs()) {
      expect([holes, conflictCount, gaps]).toEqual([[], 0, []]);
    }
    // No sample has come in two lives of the buffer.
    const epochOf = new Map(all.map(({ moment, epoch }) => [moment, epoch]));
    expect(all.filter(({ moment, epoch }) => epochOf.get(moment) !== epoch)).toEqual([]);
  }, SOON);
}

test("a lost box goes on from its backup, and upstream has everything once", async () => {
  const first = start("a");
  await untilSent(20);
  await broker.kill();
  await vi.waitFor(async () => {
    expect((await status()).uplinks[0]?.backlog.blocks).toBeGreaterThan(20);
  }, SOON);
  // It runs on meanwhile, and a little longer than its backup.
  await done("backup", at("one.hgb"), "-c", at("a", "gateway.yaml"), "--with-buffer");
  const { buffer } = await status();
  await vi.waitFor(async () => {
    expect((await status()).buffer.committedCount).toBeGreaterThan(buffer.committedCount + 10);
  }, SOON);
  await first.kill();

  const out = await done("restore", at("one.hgb"), "-c", at("b", "gateway.yaml"));
  expect(out).toContain('gateway "pasture-07"');
  const backedUp = kept("b");
  expect(backedUp.length).toBeGreaterThan(20);
  await broker.restart();
  start("b");
  await untilSent(20);
  await untilWhole(backedUp);
  expect(epochs()).toHaveLength(2);

  // Without its buffer it is the same gateway, from a new epoch on.
  await done("backup", at("two.hgb"), "-c", at("b", "gateway.yaml"));
  const before = stored().map(({ id }) => id);
  await boxes[1]?.stop(60_000);
  await done("restore", at("two.hgb"), "-c", at("c", "gateway.yaml"));
  start("c");
  await untilSent(20);
  await untilWhole(before);
  expect(epochs()).toHaveLength(3);
  for (const box of boxes) {
    expect(box.surprises).toEqual([]);
    for (const path of box.logPaths) {
      const log = readFileSync(path, "utf8");
      expect(log).not.toContain(WORDS);
      expect(log).not.toContain(SECRET);
    }
  }

  // A copy of a box that still runs is known to be one: no number of theirs means two things.
  await done("backup", at("three.hgb"), "-c", at("c", "gateway.yaml"), "--with-buffer");
  await done("restore", at("three.hgb"), "-c", at("d", "gateway.yaml"));
  const copy = start("d");
  await vi.waitFor(() => {
    const log = copy.logPaths.map((path) => readFileSync(path, "utf8")).join("");
    expect(log).toContain("database restored or cloned");
    expect(epochs()).toHaveLength(4);
  }, SOON);
  expect(epochs().every(({ conflictCount }) => conflictCount === 0)).toBe(true);
});

test("nothing in a backup can be read, and no passphrase is shown that is typed", async () => {
  const words = ["backup", at("one.hgb"), "-c", at("a", "gateway.yaml")];
  expect((await typed(words, [WORDS, "another sentence"])).shown).toContain("differ");
  const made = await typed(words, [WORDS, WORDS]);
  expect(made.code).toBe(0);
  expect(made.shown).not.toContain(WORDS);
  const bytes = readFileSync(at("one.hgb"));
  for (const word of [SECRET, WORDS, "pasture-07", "secrets", "gateway"]) {
    const clear = word === "gateway" ? bytes.subarray(64) : bytes;
    expect(clear.includes(word)).toBe(false);
  }
  const again = await headgate(...words, "--passphrase-file", at("words"));
  expect([again.code, again.err]).toEqual([1, expect.stringContaining("not there yet")]);
  expect(readdirSync(root).filter((name) => name.endsWith(".part"))).toEqual([]);

  const check = ["restore", at("one.hgb"), "--check"];
  expect((await typed(check, [WORDS])).shown).toContain("all proved");
  const wrong = await typed(check, ["another sentence"]);
  expect([wrong.code, wrong.shown]).toEqual([1, expect.stringContaining("passphrase is wrong")]);
  const nowhere = await headgate("restore", at("one.hgb"));
  expect([nowhere.code, nowhere.err]).toEqual([2, expect.stringContaining("-c FILE")]);
});

test("a gateway that starts where a restore was cut off finishes it first", async () => {
  await done("backup", at("one.hgb"), "-c", at("a", "gateway.yaml"));
  await done("restore", at("one.hgb"), "-c", at("e", "gateway.yaml"));
  const data = at("e", "data");
  const config = createHash("sha256").update(readFileSync(at("e", "gateway.yaml")));
  const plan = {
    config: config.digest("hex"),
    names: ["secrets", "web"],
    aside: "before-restore-1",
  };
  await mkdir(join(data, "restoring", "data"), { recursive: true });
  await rename(join(data, "secrets"), join(data, "restoring", "data", "secrets"));
  await writeFile(join(data, "restoring", "plan.json"), JSON.stringify(plan));
  const box = start("e");
  // It could not be up without the secret that its configuration refers to.
  await vi.waitFor(async () => expect((await status()).uplinks[0]?.state.kind).toBe("up"), SOON);
  expect(readFileSync(join(data, "secrets", "cloud"), "utf8")).toBe(`${SECRET}\n`);
  expect(readdirSync(data)).not.toContain("restoring");
  expect(readFileSync(box.logPaths[0] ?? "", "utf8")).toContain("cut off was finished");
});

/** At a terminal: each line is typed when it is asked for. */
async function typed(words: readonly string[], lines: readonly string[]) {
  const program = [process.execPath, BUILT_HEADGATE, ...words];
  const { stdout } = await runFile("python3", [TERMINAL, JSON.stringify(lines), ...program], {
    env: environment(),
    timeout: 180_000,
  });
  return JSON.parse(stdout) as { readonly code: number; readonly shown: string };
}
