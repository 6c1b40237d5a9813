import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Connection,
  Refused,
  silentLog,
  systemClock,
  Unreachable,
  type Value,
} from "@headgate/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PointConfig, Writing } from "../config/config.ts";
import { readJournal } from "./journal-files.ts";
import { WriteDesk } from "./write-desk.ts";
import { WriteJournal } from "./write-journal.ts";

const signal = new AbortController().signal;
let folder = "";
const journals: WriteJournal[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-writes-"));
});
afterEach(async () => {
  for (const journal of journals.splice(0)) await journal.close();
  await rm(folder, { recursive: true, force: true });
});

/** A device that keeps one value; `sent` holds every write that reached it. */
function deviceOf(value: Value) {
  const sent: Value[] = [];
  const device = { value: value as Value, sent, isDown: false, onWrite: async (_raw: Value) => {} };
  const connection: Connection = {
    read: async (points) => {
      if (device.isDown) throw new Unreachable("the line is lost");
      return points.map(({ id }) => {
        return { pointId: id, timestampMs: 0, quality: "good" as const, value: device.value };
      });
    },
    write: async (_point, raw) => {
      sent.push(raw);
      await device.onWrite(raw);
      device.value = raw;
    },
    close: async () => {},
  };
  return { device, connection };
}

type Device = ReturnType<typeof deviceOf>;

const free: Writing = {
  min: null,
  max: null,
  step: null,
  intervalMs: 0,
  selectMs: null,
  verifyMs: 150,
  tolerance: null,
};

/** One life of a gateway's desk over the journal in the folder. */
async function deskOf({ connection }: Device, writing: Partial<Writing> = {}) {
  const point: PointConfig = {
    point: { id: "d/p", address: null, device: null },
    deviceId: "d",
    acquisition: { kind: "scan", intervalMs: 1000, onEvent: [] },
    condition: { scale: 1, offset: 0, min: null, max: null, deadband: null, heartbeatMs: 0 },
    unit: "",
    name: "p",
    access: "readWrite",
    writing: { ...free, ...writing },
    stream: "main",
  };
  const journal = await WriteJournal.open(folder, systemClock);
  journals.push(journal);
  const context = { clock: systemClock, log: silentLog, signal, directory: "" };
  const desk = new WriteDesk({
    pointOf: () => point,
    connectionOf: () => connection,
    journal: async () => journal,
    context,
  });
  const write = (value: Value, more: object = {}) =>
    desk.write({ pointId: "d/p", value, by: "test", ...more });
  return { desk, journal, write };
}

async function statesIn(directory = folder): Promise<string[]> {
  const { records } = await readJournal(directory);
  return records.map((record) => (record.kind === "write" ? record.state : record.outcome));
}

describe("a write", () => {
  it("is recorded before it is sent, sent once and read back", async () => {
    const world = deviceOf(1);
    const { write } = await deskOf(world);
    world.device.onWrite = async () => expect(await statesIn()).toEqual(["queued", "sent"]);
    expect(await write(5)).toMatchObject({ state: "verified", readBack: 5, value: 5, by: "test" });
    expect(await statesIn()).toEqual(["queued", "sent", "verified"]);
    expect(world.device.sent).toEqual([5]);
  });

  it("that the device changed is a mismatch", async () => {
    const world = deviceOf(1);
    const { write } = await deskOf(world);
    const { connection } = world;
    connection.write = async () => {
      world.device.value = 4;
    };
    expect(await write(5)).toMatchObject({ state: "mismatch", readBack: 4 });
  });

  it("whose answer was lost is never sent again: what is read back tells", async () => {
    const world = deviceOf(1);
    const { write } = await deskOf(world);
    world.device.onWrite = async (raw) => {
      world.device.value = raw;
      throw new Unreachable("timeout");
    };
    expect(await write(5)).toMatchObject({ state: "verified", reason: "timeout" });
    world.device.onWrite = async () => {
      throw new Unreachable("timeout");
    };
    expect(await write(6)).toMatchObject({ state: "mismatch", readBack: 5, reason: "timeout" });
    world.device.onWrite = async () => {
      world.device.isDown = true;
      throw new Unreachable("timeout");
    };
    expect(await write(7)).toMatchObject({ state: "unknown", reason: "timeout" });
    expect(world.device.sent).toEqual([5, 6, 7]);
  });

  it("that the device refuses is refused", async () => {
    const world = deviceOf(1);
    const { write } = await deskOf(world);
    world.device.onWrite = async () => {
      throw new Refused("illegal data value");
    };
    await expect(write(5)).rejects.toBeInstanceOf(Refused);
    expect(await statesIn()).toEqual(["queued", "sent", "refused"]);
  });

  it("given twice under one id is sent once, also after a restart", async () => {
    const world = deviceOf(1);
    const first = await deskOf(world);
    await first.write(5, { id: "a" });
    await first.write(5, { id: "a" });
    await first.journal.close();
    const second = await deskOf(world);
    expect(await second.write(5, { id: "a" })).toMatchObject({ state: "verified" });
    expect(world.device.sent).toEqual([5]);
  });

  it("given again under one id while it is under way is sent once", async () => {
    const world = deviceOf(1);
    const { write } = await deskOf(world);
    const twice = [write(5, { id: "a" }), write(5, { id: "a" })];
    const reports = await Promise.all(twice);
    expect(reports.map(({ state }) => state)).toEqual(["verified", "verified"]);
    expect(world.device.sent).toEqual([5]);
  });

  it("under the id of another write is refused", async () => {
    const world = deviceOf(1);
    const { write } = await deskOf(world);
    const [first, second] = await Promise.allSettled([
      write(5, { id: "a" }),
      write(6, { id: "a" }),
    ]);
    expect([first?.status, second?.status]).toEqual(["fulfilled", "rejected"]);
    await expect(write(7, { id: "a" })).rejects.toThrow(/id "a" was that of another write/);
    expect(await write("5", { id: "a" })).toMatchObject({ state: "verified", value: 5 });
    expect(world.device.sent).toEqual([5]);
  });

  it("of a text that may be a number is refused while nobody can tell which", async () => {
    const world = deviceOf("old");
    const { write } = await deskOf(world);
    world.connection.read = async (points) =>
      points.map(({ id }) => {
        return {
          pointId: id,
          timestampMs: 0,
          quality: "bad",
          value: null,
          reason: "busy",
        } as const;
      });
    await expect(write("007")).rejects.toThrow(/a number or a text.*; write 7/);
    expect(world.device.sent).toEqual([]);
    await write("7");
    expect(world.device.sent).toEqual([7]);
  });

  it("is refused where too many wait", async () => {
    const world = deviceOf(0);
    const { write } = await deskOf(world);
    const answer = Promise.withResolvers<void>();
    world.device.onWrite = () => answer.promise;
    const waiting = Array.from({ length: 64 }, (_, value) => write(value));
    await expect.poll(() => world.device.sent).toEqual([0]);
    await expect(write(64)).rejects.toThrow(/64 writes are waiting/);
    answer.resolve();
    expect(await Promise.all(waiting)).toHaveLength(64);
  });

  it("waits for the one before it on its point", async () => {
    const world = deviceOf(0);
    const { write } = await deskOf(world);
    const reports = await Promise.all([1, 2, 3, 4].map((value) => write(value)));
    expect(reports.map(({ state }) => state)).toEqual(Array(4).fill("verified"));
    expect(world.device.sent).toEqual([1, 2, 3, 4]);
  });
});

describe("a gateway that was ended in the middle of a write", () => {
  it("does not send what it had not sent, and looks at what it had", async () => {
    const world = deviceOf(1);
    const before = await deskOf(world);
    // The process ends at each of these moments: nothing after it runs.
    const never = new Promise<never>(() => {});
    world.device.onWrite = () => never;
    void before.write(5, { id: "sent" });
    await expect.poll(() => world.device.sent).toEqual([5]);
    const entry = { kind: "write", point: "d/p", value: 6, by: "test", readBack: null } as const;
    await before.journal.append({ ...entry, id: "queued", state: "queued", reason: null }, true);

    world.device.value = 5;
    const after = await deskOf(world);
    await after.desk.cancelQueued();
    const [left, ...others] = await after.desk.unsettled();
    expect([left?.id, others]).toEqual(["sent", []]);
    // What this life is about to send is its own: nobody cancels it, or looks at it too soon.
    let isLookedAt = false;
    world.device.onWrite = async () => {
      await after.desk.cancelQueued();
      expect((await after.desk.unsettled()).map(({ id }) => id)).toEqual(["sent"]);
      isLookedAt = true;
    };
    expect(await after.write(5, { id: "now" })).toMatchObject({ state: "verified" });
    expect(isLookedAt).toBe(true);
    world.device.sent.pop();
    // The device shows what was written since: that tells nothing of the write before.
    if (left) expect(await after.desk.settle(left)).toMatchObject({ state: "unknown" });
    expect(await after.desk.unsettled()).toEqual([]);
    expect(await after.write(6, { id: "queued" })).toMatchObject({ state: "cancelled" });
    expect(world.device.sent).toEqual([5]);
  });

  it("finds what it had sent in the device", async () => {
    const world = deviceOf(1);
    const before = await deskOf(world);
    world.device.onWrite = () => new Promise<never>(() => {});
    void before.write(5, { id: "sent" });
    await expect.poll(() => world.device.sent).toEqual([5]);
    world.device.value = 5;
    const { desk } = await deskOf(world);
    const [left] = await desk.unsettled();
    if (left) expect(await desk.settle(left)).toMatchObject({ state: "verified" });
    expect(await desk.unsettled()).toEqual([]);
  });
});

describe("the config's limits of a write", () => {
  it.each([
    [{ min: 0, max: 10 }, 11, /outside 0 to 10/],
    [{ min: 1, step: 0.5 }, 1.7, /write 1.5 or 2/],
    [{ max: 3 }, Number.NaN, /no number/],
    [{ min: 10, max: 20 }, true, /outside 10 to 20/],
  ])("%o refuse %s", async (writing, value, text) => {
    const world = deviceOf(1);
    const { write } = await deskOf(world, writing);
    await expect(write(value)).rejects.toThrow(text);
    expect(world.device.sent).toEqual([]);
    expect(await statesIn()).toEqual(["refused"]);
  });

  it("let whole steps pass, without binary noise", async () => {
    const { write } = await deskOf(deviceOf(1), { min: 0, step: 0.1 });
    expect(await write(0.3)).toMatchObject({ state: "verified" });
  });

  it("keep writes apart, also over a restart", async () => {
    const world = deviceOf(1);
    const first = await deskOf(world, { intervalMs: 60_000 });
    await first.write(5);
    await expect(first.write(6)).rejects.toThrow(/one write in 60 s/);
    await first.journal.close();
    const second = await deskOf(world, { intervalMs: 60_000 });
    await expect(second.write(6)).rejects.toThrow(/one write in 60 s/);
    expect(world.device.sent).toEqual([5]);
  });

  it("want a point selected first, by the same person for the same value, once", async () => {
    const world = deviceOf(1);
    const { desk, write } = await deskOf(world, { selectMs: 60_000 });
    const select = async (value: Value) =>
      (await desk.select({ pointId: "d/p", value, by: "test" })).selection;
    await expect(write(5)).rejects.toThrow(/selected first/);
    await expect(write(6, { selection: await select(5) })).rejects.toThrow(/another value/);
    const another = { selection: await select(5), by: "somebody" };
    await expect(write(5, another)).rejects.toThrow(/another value, point or person/);
    const selection = await select(5);
    expect(await write(5, { selection })).toMatchObject({ state: "verified" });
    await expect(write(5, { selection })).rejects.toThrow(/the selection was used/);
    expect(world.device.sent).toEqual([5]);
  });

  it("tell that nothing is read back where that is not wanted", async () => {
    const world = deviceOf(1);
    const { desk, write } = await deskOf(world, { verifyMs: 0 });
    expect(await write(5)).toMatchObject({ state: "sent", readBack: null });
    expect(await desk.unsettled()).toEqual([]);
  });
});

describe("reading back", () => {
  it.each([
    [1_000_000, 1_000_001, "mismatch"],
    [230.1, Math.fround(230.1), "verified"],
    [16_777_217, 16_777_216, "verified"],
    [0.3, 0.1 + 0.2, "verified"],
  ])("of %s that shows %s is a %s", async (value, shown, state) => {
    const world = deviceOf(0);
    const { write } = await deskOf(world);
    world.connection.write = async () => {
      world.device.value = shown;
    };
    expect(await write(value)).toMatchObject({ state });
  });
});
