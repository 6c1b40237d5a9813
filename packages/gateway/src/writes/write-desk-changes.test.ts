import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Clock,
  type Connection,
  Misconfigured,
  Refused,
  silentLog,
  systemClock,
  type Value,
} from "@headgate/model";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { PointConfig, Writing } from "../config/config.ts";
import { WriteDesk } from "./write-desk.ts";
import { WriteJournal } from "./write-journal.ts";

// What changes while a write waits, or while the device is looked at: configuration, clock, faults.

const { signal } = new AbortController();
let folder = "";
let journal: WriteJournal;
let value: Value = 0;
let sent: [address: unknown, value: Value][] = [];
/** Each is asked in its turn. */
let onWrite = async (): Promise<void> => {};
let onRead = async (): Promise<void> => {};
let writing: Writing;
let access: "readWrite" | "read" = "readWrite";
let address = "old";
let [wallMs, ownMs] = [1_000_000, 0];

const clock: Clock = {
  nowMs: () => wallMs,
  monotonicMs: () => ownMs,
  sleep: (durationMs) => {
    ownMs += durationMs;
    return systemClock.sleep(0, signal);
  },
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-write-changes-"));
  journal = await WriteJournal.open(folder, clock);
  [value, sent, access, address, wallMs, ownMs] = [0, [], "readWrite", "old", 1_000_000, 0];
  onWrite = async () => {};
  onRead = async () => {};
  writing = {
    ...{ min: null, max: null, step: null, intervalMs: 0, selectMs: null },
    ...{ verifyMs: 150, tolerance: null },
  };
});
afterEach(async () => {
  await journal.close();
  await rm(folder, { recursive: true, force: true });
});

const connection: Connection = {
  read: async (points) => {
    await onRead();
    return points.map(({ id }) => {
      return { pointId: id, timestampMs: 0, quality: "good" as const, value };
    });
  },
  write: async (point, raw) => {
    sent.push([point.address, raw]);
    await onWrite();
    value = raw;
  },
  close: async () => {},
};

function pointNow(): PointConfig {
  return {
    point: { id: "d/p", address, device: null },
    deviceId: "d",
    acquisition: { kind: "scan", intervalMs: 1000, onEvent: [] },
    condition: { scale: 1, offset: 0, min: null, max: null, deadband: null, heartbeatMs: 0 },
    ...{ unit: "", name: "p", access, stream: "main" },
    writing: access === "readWrite" ? writing : null,
  } as PointConfig;
}

function deskOf(of: WriteJournal) {
  const desk = new WriteDesk({
    pointOf: pointNow,
    connectionOf: () => connection,
    journal: async () => of,
    context: { clock, log: silentLog, signal, directory: "" },
  });
  const write = (wanted: Value, more: object = {}) =>
    desk.write({ pointId: "d/p", value: wanted, by: "test", ...more });
  return { desk, write };
}

/** One is at the device, a second waits for it; then the configuration changes. */
async function changedWhileWaiting(change: () => void) {
  const { write } = deskOf(journal);
  const answer = Promise.withResolvers<void>();
  onWrite = () => answer.promise;
  const first = write(1);
  const second = write(50);
  second.catch(() => {
    // Asked for below.
  });
  await expect.poll(() => sent.length).toBe(1);
  change();
  answer.resolve();
  await first;
  return second;
}

test("limits that were set while a write waited count for it", async () => {
  const second = changedWhileWaiting(() => {
    writing = { ...writing, max: 10 };
  });
  await expect(second).rejects.toThrow(/outside -∞ to 10/);
  expect(sent).toEqual([["old", 1]]);
});

test("a point that became read-only while a write waited is not written", async () => {
  const second = changedWhileWaiting(() => {
    access = "read";
  });
  await expect(second).rejects.toBeInstanceOf(Misconfigured);
  expect(sent).toEqual([["old", 1]]);
});

test("what waited is written where the point is now", async () => {
  await changedWhileWaiting(() => {
    address = "new";
  });
  expect(sent).toEqual([
    ["old", 1],
    ["new", 50],
  ]);
});

test.each([3_600_000, -3_600_000])("a clock set by %d ms shortens no pause", async (byMs) => {
  writing = { ...writing, intervalMs: 60_000 };
  const { desk, write } = deskOf(journal);
  await write(1);
  wallMs += byMs;
  await expect(write(2)).rejects.toThrow(/one write in 60 s/);
  expect((await desk.look("d/p")).waitMs).toBeGreaterThan(59_000);
  ownMs += 60_000;
  expect((await desk.look("d/p")).waitMs).toBe(0);
  expect(await write(2)).toMatchObject({ state: "verified" });
});

test("a box whose clock is behind after a power cut keeps the pause, and no longer", async () => {
  writing = { ...writing, intervalMs: 60_000 };
  await deskOf(journal).write(1);
  await journal.close();
  [wallMs, ownMs] = [500_000, 0];
  journal = await WriteJournal.open(folder, clock);
  const { desk, write } = deskOf(journal);
  await expect(write(2)).rejects.toThrow(/one write in 60 s/);
  wallMs += 1_000_000_000;
  expect((await desk.look("d/p")).waitMs).toBe(60_000);
  ownMs += 60_000;
  expect(await write(2)).toMatchObject({ state: "verified" });
});

test("what was sent is not told to be refused because it cannot be read back", async () => {
  const { write } = deskOf(journal);
  onRead = async () => {
    throw new Refused("read: the server answers BadTooManyOperations");
  };
  const told = { state: "unknown", reason: "read: the server answers BadTooManyOperations" };
  expect(await write(1)).toMatchObject(told);
});

test.each(["write", "read"])("a bug in a driver's %s leaves no write under way", async (where) => {
  const { desk, write } = deskOf(journal);
  const bug = async () => {
    throw new TypeError("x is not a function");
  };
  if (where === "write") onWrite = bug;
  else onRead = bug;
  await expect(write(1, { id: "a" })).rejects.toThrow("x is not a function");
  expect(await desk.list()).toMatchObject([{ id: "a", state: "unknown" }]);
  expect(await write(1, { id: "a" })).toMatchObject({ state: "unknown" });
  expect(sent).toHaveLength(1);
});

test.each([
  [0.5, 5.4, "verified"],
  [0.5, 5.6, "mismatch"],
])("with a tolerance of %d, 5 that shows %d is a %s", async (tolerance, shown, state) => {
  writing = { ...writing, tolerance };
  onRead = async () => {
    value = shown;
  };
  expect(await deskOf(journal).write(5)).toMatchObject({ state });
});

test("nobody selects what could not be written", async () => {
  writing = { ...writing, max: 10, selectMs: 1_000 };
  const { desk, write } = deskOf(journal);
  const wanted = { pointId: "d/p", by: "test" };
  await expect(desk.select({ ...wanted, value: 11 })).rejects.toThrow(/outside/);
  const { selection } = await desk.select({ ...wanted, value: 9 });
  writing = { ...writing, max: 8 };
  await expect(write(9, { selection })).rejects.toThrow(/outside/);
  expect(sent).toEqual([]);
});

test("what could not be recorded as sent is not sent, and whoever asks again is told", async () => {
  const append = journal.append.bind(journal);
  journal.append = async (entry, isDurable) => {
    if (entry.kind === "write" && entry.state === "sent") throw new Error("ENOSPC");
    await append(entry, isDurable);
  };
  const { write } = deskOf(journal);
  await expect(write(1, { id: "a" })).rejects.toThrow(/cannot be recorded, so it is not sent/);
  journal.append = append;
  expect(await write(1, { id: "a" })).toMatchObject({ state: "cancelled" });
  expect(sent).toEqual([]);
});

test("the ends of a range may be written", async () => {
  writing = { ...writing, min: 2, max: 8 };
  const { write } = deskOf(journal);
  for (const end of [2, 8]) expect(await write(end)).toMatchObject({ state: "verified" });
  for (const beyond of [1.9, 8.1]) await expect(write(beyond)).rejects.toThrow(/outside 2 to 8/);
});
