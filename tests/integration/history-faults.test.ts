import { spawn } from "node:child_process";
import { existsSync, rmSync, truncateSync } from "node:fs";
import { mkdir, mkdtemp, open as openFile, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Buffer,
  type Clock,
  type Log,
  type Sample,
  silentLog,
  systemClock,
} from "@headgate/model";
import { openBuffer } from "@headgate/sync/buffer";
import { createHistoryCalls } from "@headgate/sync/cores";
import { type History, openHistory } from "@headgate/sync/history";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { mountSmallDisk } from "./peers/small-disk.ts";

const CHILD = fileURLToPath(new URL("./history-kill-child.ts", import.meta.url));
const { signal } = new AbortController();
const WAIT = { timeout: 60_000, interval: 20 };
const MINUTE_MS = 60_000;
const HURRY = 300;
const POINTS = Array.from({ length: 40 }, (_, at) => `device/p${at}`);
const MIB = 2 ** 20;

let directory = "";
let told: string[] = [];
let clock: Clock;
const log: Log = {
  ...silentLog,
  warn: (message, about) => told.push(`${message} ${JSON.stringify(about)}`),
  info: (message) => told.push(message),
  child: () => log,
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "headgate-history-"));
  told = [];
  clock = hurriedClock();
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Its minutes are fifths of a second: the history writes once a minute. */
function hurriedClock(): Clock {
  const [startMs, start] = [systemClock.nowMs(), systemClock.monotonicMs()];
  const elapsed = () => (systemClock.monotonicMs() - start) * HURRY;
  return {
    nowMs: () => Math.round(startMs + elapsed()),
    monotonicMs: elapsed,
    sleep: (ms, until) => systemClock.sleep(ms / HURRY, until),
  };
}

/** A buffer that commits, and a history beside it that is fed with the same samples. */
class Rig {
  readonly clock = clock;
  readonly history: History;
  readonly #buffer: Buffer;
  readonly #feeding: ReturnType<typeof setInterval>;
  readonly appends: Promise<unknown>[] = [];

  constructor(buffer: Buffer, folder: string) {
    const context = { clock: this.clock, log, signal, directory: folder };
    const about = { directory: folder, capacityBytesMax: 64 * MIB, pointIds: POINTS };
    const history = openHistory(buffer, about, context);
    if (!history) throw new Error("the buffer lends no thread");
    this.history = history;
    this.#buffer = buffer;
    this.#feeding = setInterval(() => this.#feed(), 10);
  }

  #feed(): void {
    const timestampMs = this.clock.nowMs();
    const samples = POINTS.map((pointId, at): Sample => {
      return { pointId, timestampMs, quality: "good", value: Math.sin(timestampMs + at) };
    });
    // One that comes late: because of it all of them are stored each minute.
    const late = { pointId: "device/p39", timestampMs: timestampMs - 60 * MINUTE_MS };
    this.history.keep([...samples, { ...late, quality: "good", value: 1 }]);
    this.appends.push(this.#buffer.append(samples.slice(0, 2)));
  }

  /** Samples of a point of the last minutes. */
  async count(minutes: number, pointId = "device/p33"): Promise<number> {
    const toMs = this.clock.nowMs();
    const span = { fromMs: toMs - minutes * MINUTE_MS, toMs };
    const asked = { pointId, ...span, resolution: "raw", countMax: 1e6, silentMs: null } as const;
    const answer = await this.history.query(asked);
    return answer.kind === "raw" ? answer.timesMs.length : 0;
  }

  /** Until something was stored from now on. */
  async stored(): Promise<void> {
    const fromMs = this.clock.nowMs();
    await vi.waitFor(
      () => expect(this.history.status().file?.rawFromMs).toBeTypeOf("number"),
      WAIT,
    );
    await vi.waitFor(
      () => expect(this.clock.nowMs()).toBeGreaterThan(fromMs + 2 * MINUTE_MS),
      WAIT,
    );
  }

  /** Until samples of now are there: on a busy machine few are made in a minute. */
  async recording(): Promise<void> {
    await vi.waitFor(async () => expect(await this.count(2)).toBeGreaterThan(0), WAIT);
  }

  async close(): Promise<void> {
    clearInterval(this.#feeding);
    await this.history.close();
    // Whatever became of the history: what was read is kept.
    await Promise.all(this.appends);
    await this.#buffer.close();
  }
}

async function open(folder = directory): Promise<Rig> {
  const beside = join(directory, "buffer");
  await mkdir(beside, { recursive: true });
  const capacity = { capacityBytesMax: 32 * MIB, mediaCapacityBytesMax: 32 * MIB };
  const options = { ...capacity, directory: beside, commitIntervalMs: 20, uplinkIds: [] };
  const context = { clock: systemClock, log: silentLog, signal, directory: beside };
  return new Rig(await openBuffer({ ...options, pointIds: POINTS }, context), folder);
}

async function overwrite(path: string, at: number, bytes: number): Promise<void> {
  const file = await openFile(path, "r+");
  await file.write(
    Uint8Array.from({ length: bytes }, (_, index) => (index * 151) % 256),
    0,
    bytes,
    at,
  );
  await file.close();
}

test.each<[string, (path: string) => unknown, string]>([
  ["cut to nothing", (path) => truncateSync(path, 0), "cut short"],
  ["cut in two", async (path) => truncateSync(path, (await stat(path)).size >> 1), "cut short"],
  [
    "overwritten",
    async (path) => overwrite(path, 8192, (await stat(path)).size - 8192),
    "not usable",
  ],
  ["removed", (path) => rmSync(path), "removed"],
])(
  "a file that is %s while the gateway runs is begun anew, and nobody waits for it",
  async (_, harm, said) => {
    const rig = await open();
    try {
      const path = join(directory, "history.db");
      await rig.stored();
      expect(await rig.count(60)).toBeGreaterThan(10);
      await harm(path);
      await vi.waitFor(async () => {
        // Whoever looks finds it, or the next minute does.
        await rig.count(60);
        expect(told.join("\n")).toContain(said);
      }, WAIT);
      await rig.stored();
      await rig.recording();
      expect(rig.history.status().fault).toBe("");
    } finally {
      await rig.close();
    }
    expect(existsSync(join(directory, "history.db"))).toBe(true);
    const again = await open();
    expect(await again.count(20)).toBeGreaterThan(5);
    await again.close();
    expect(told.filter((line) => line.includes("not usable")).length).toBeLessThanOrEqual(1);
  },
);

test.each<[string, (path: string) => unknown]>([
  ["deleted", (path) => rmSync(path)],
  ["deleted with its journal", (path) => [path, `${path}-journal`].map((each) => rmSync(each))],
  ["garbage", (path) => overwrite(path, 0, 100_000)],
  ["empty", (path) => truncateSync(path, 0)],
])("a file that was %s while the gateway was stopped is begun anew", async (_, harm) => {
  const rig = await open();
  await rig.stored();
  await rig.close();
  await harm(join(directory, "history.db"));
  const again = await open();
  try {
    await again.stored();
    await again.recording();
    expect(again.history.status().fault).toBe("");
  } finally {
    await again.close();
  }
});

test("a full disk is told once; the buffer goes on, the history when there is room", async () => {
  const disk = join(directory, "disk");
  await mkdir(disk);
  const unmount = mountSmallDisk(disk, "3m");
  try {
    const rig = await open(disk);
    await rig.stored();
    const ballast = join(disk, "ballast");
    await fillUp(ballast);
    await vi.waitFor(() => expect(rig.history.status().fault).toContain("full"), WAIT);
    const before = rig.appends.length;
    await vi.waitFor(() => expect(rig.appends.length).toBeGreaterThan(before + 50), WAIT);
    await Promise.all(rig.appends);
    await rm(ballast);
    await vi.waitFor(() => expect(rig.history.status().fault).toBe(""), WAIT);
    await rig.stored();
    await rig.recording();
    expect(told).toEqual([
      expect.stringMatching(/^history not kept; delivery goes on .*full/),
      "history is kept again",
    ]);
    await rig.close();
  } finally {
    unmount();
  }
});

test("kill -9 while it writes: each minute is there whole or not at all", async () => {
  let next = 1_000_000;
  const said: number[] = [];
  for (const afterMs of [60, 130, 210, 320, 450]) {
    const lines = await runAndKill(next, afterMs);
    said.push(...lines);
    next = Math.max(next, ...lines) + 2;
  }
  const calls = createHistoryCalls();
  const status = calls.open({ directory, capacityBytesMax: 64 * MIB, pointIds: POINTS });
  expect(status.setAsidePath).toBe("");
  const span = { fromMs: 0, toMs: (next + 100) * MINUTE_MS, countMax: 1e7, silentMs: null };
  const none = { pending: [], recorded: { fromMs: 0, toMs: 0 } };
  while (calls.tidy(span.toMs));
  for (const slot of [0, 17, 39]) {
    const asked = { pointId: `device/p${slot}`, ...span, ...none };
    const minutes = calls.query({ ...asked, resolution: "minute" });
    if (minutes.kind !== "rolled") throw new Error("not rolled");
    for (const { atMs, count, min, max } of minutes.rollups) {
      const value = atMs / MINUTE_MS + slot / 10;
      expect([count, min, max]).toEqual([60, value, value]);
    }
    const kept = minutes.rollups.map(({ atMs }) => atMs / MINUTE_MS);
    expect(said.filter((minute) => !kept.includes(minute))).toEqual([]);
  }
  calls.close(null);
});

/** Takes every byte that the disk has left. */
async function fillUp(path: string): Promise<void> {
  const file = await openFile(path, "w");
  const noRoom = () => ({ bytesWritten: 0 });
  for (let bytes = 65_536; bytes >= 1; bytes >>= 1) {
    const chunk = new Uint8Array(bytes);
    while ((await file.write(chunk).catch(noRoom)).bytesWritten === bytes);
  }
  await file.close();
}

/** The minutes that the child said were stored. It writes into a file: a pipe might be full. */
async function runAndKill(first: number, afterMs: number): Promise<number[]> {
  const path = join(directory, `said-${first}.txt`);
  const out = await openFile(path, "w");
  const flags = ["--conditions=headgate-source", "--disable-warning=ExperimentalWarning"];
  const child = spawn(process.execPath, [...flags, CHILD, directory, String(first)], {
    stdio: ["ignore", out.fd, "pipe", "ipc"],
  });
  let trouble = "";
  child.stderr?.on("data", (chunk) => {
    trouble += chunk;
  });
  child.once("message", () => setTimeout(() => child.kill("SIGKILL"), afterMs));
  const reason = await new Promise((resolve) => child.once("close", (_code, by) => resolve(by)));
  await out.close();
  if (reason !== "SIGKILL") throw new Error(`the child ended by itself: ${trouble}`);
  return (await readFile(path, "utf8")).split("\n").slice(0, -1).map(Number);
}
