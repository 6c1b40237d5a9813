import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Buffer, Unreachable, type UplinkPort } from "@headgate/model";
import { openBuffer } from "@headgate/sync/buffer";
import { drain } from "@headgate/sync/drain";
import { exportRecord, openSqliteStore, receive, receiveStatus } from "@headgate/sync/receiver";
import { mqttUplink } from "@headgate/sync/uplink";
import { afterEach, beforeEach, expect, test } from "vitest";
import { contextOf } from "./peers/made-blocks.ts";
import { Mosquitto } from "./peers/mosquitto.ts";

let folder = "";
let record = "";
let broker: Mosquitto;
let stopping: AbortController;
let receiving: Promise<void>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "headgate-clones-"));
  record = join(folder, "upstream.db");
  broker = await Mosquitto.start();
  stopping = new AbortController();
  const store = openSqliteStore(record);
  const options = { url: broker.url, store };
  receiving = receive(options, contextOf(stopping.signal), () => {}).finally(() => store.close());
});
afterEach(async () => {
  stopping.abort();
  try {
    await receiving;
  } finally {
    await broker.stop();
    rmSync(folder, { recursive: true });
  }
});

function openIn(name: string): Promise<Buffer> {
  const directory = join(folder, name);
  const capacity = { capacityBytesMax: 2 ** 25, mediaCapacityBytesMax: 2 ** 25 };
  const options = { directory, ...capacity, commitIntervalMs: 1, uplinkIds: ["cloud"] };
  const context = contextOf(new AbortController().signal);
  return openBuffer({ ...options, pointIds: ["d/p"] }, context);
}

/** A block for each number from `first` to `last`, which is its value. */
async function keep(buffer: Buffer, first: number, last: number): Promise<void> {
  for (let value = first; value <= last; value++) {
    await buffer.append([{ pointId: "d/p", timestampMs: value, quality: "good", value }]);
  }
}

/** Lets the buffer drain until `isDone`, in one session after the other. */
async function drained(buffer: Buffer, clientId: string, isDone: () => boolean): Promise<void> {
  const ending = new AbortController();
  const context = contextOf(ending.signal);
  const config = mqttUplink.configSchema.parse({ url: broker.url, clientId });
  const port: UplinkPort = {
    gatewayId: "g-1",
    uplinkId: "cloud",
    pointList: (hash) => buffer.pointList(hash),
    standing: () => buffer.status().epochs.filter(({ isCurrent }) => isCurrent),
    isForked: (epoch) =>
      buffer.status().epochs.some((one) => one.epoch === epoch && one.isForked === true),
    async hashOf({ stream, epoch, seq }) {
      const range = { stream, epoch, first: seq, last: seq };
      const [entry] = await buffer.read(range, { blocksMax: 1, bytesMax: 1 });
      return entry && "seq" in entry ? entry.hash : null;
    },
  };
  const run = async () => {
    while (!ending.signal.aborted) {
      try {
        const session = await mqttUplink.open(config, port, context);
        try {
          await drain({ uplinkId: "cloud", buffer, session, ackTimeoutMs: 500 }, context, () => {});
        } finally {
          await session.close();
        }
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        await context.clock.sleep(50, ending.signal);
      }
    }
  };
  const running = run();
  try {
    const deadlineMs = Date.now() + 60_000;
    while (!isDone()) {
      if (Date.now() > deadlineMs) throw new Error("not drained within a minute");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } finally {
    ending.abort();
    await running;
  }
}

const epochOf = (buffer: Buffer) =>
  buffer.status().epochs.find(({ stream, isCurrent }) => stream === "main" && isCurrent)?.epoch;
const values = () =>
  [...exportRecord(record, {})].map(({ value }) => Number(value)).sort((a, b) => a - b);
const conflicts = () =>
  receiveStatus(record).epochs.reduce((sum, { conflictCount }) => sum + conflictCount, 0);
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

function contentsOf(name: string): Map<string, Uint8Array> {
  const directory = join(folder, name);
  const files = readdirSync(directory, { withFileTypes: true }).filter((file) => file.isFile());
  return new Map(files.map((file) => [file.name, readFileSync(join(directory, file.name))]));
}

test("a snapshot that has outgrown its old end is known by its blocks", async () => {
  const first = await openIn("box");
  await keep(first, 1, 5);
  await drained(first, "box", () => values().length === 5);
  await first.close();
  const snapshot = contentsOf("box");
  const second = await openIn("box");
  await keep(second, 6, 10);
  await drained(second, "box", () => values().length === 10);
  await second.close();
  // All files, their mark too, go back in place: nothing on the disk tells.
  for (const [name, bytes] of snapshot) writeFileSync(join(folder, "box", name), bytes);
  const restored = await openIn("box");
  const epoch = epochOf(restored);
  await keep(restored, 11, 20);
  const isTold = () => values().length === 15 && conflicts() >= 5;
  await drained(restored, "box", () => epochOf(restored) !== epoch && isTold());
  // What came under numbers of before is kept aside, and nothing was taken for delivered unseen.
  expect(values()).toEqual([...upTo(10), ...upTo(20).slice(15)]);
  await keep(restored, 21, 22);
  await drained(restored, "box", () => values().length === 17);
  await restored.close();
});

test("what was lost under a number of before is told in a later session", async () => {
  const first = await openIn("box");
  await keep(first, 1, 5);
  await drained(first, "box", () => values().length === 5);
  await first.close();
  const snapshot = contentsOf("box");
  const second = await openIn("box");
  await keep(second, 6, 12);
  await drained(second, "box", () => values().length === 12);
  await second.close();
  for (const [name, bytes] of snapshot) writeFileSync(join(folder, "box", name), bytes);
  const restored = await openIn("box");
  const epoch = epochOf(restored) ?? "";
  await keep(restored, 21, 23);
  const head = restored.status().epochs.find((one) => one.epoch === epoch)?.headSeq ?? 0;
  const range = { stream: "main" as const, epoch, first: head, last: head };
  await restored.quarantine(range, "of a test");
  // As the session did that found out, and was lost then; the power, too.
  await restored.startEpoch("main", "of a test");
  await restored.close();
  const again = await openIn("box");
  const kept = again.status().epochs.find((one) => one.epoch === epoch);
  expect(kept?.isForked).toBe(true);
  await drained(again, "box", () => conflicts() >= 3);
  expect(values()).toEqual(upTo(12));
  await again.close();
}, 240_000);

test("a box and its copy, both running under one name, are told apart", async () => {
  const original = await openIn("box");
  await keep(original, 1, 5);
  await drained(original, "box", () => values().length === 5);
  await original.close();
  cpSync(join(folder, "box"), join(folder, "copy"), { recursive: true });
  const [again, copy] = [await openIn("box"), await openIn("copy")];
  expect(epochOf(copy)).not.toBe(epochOf(again));
  await keep(again, 6, 10);
  await keep(copy, 11, 15);
  await Promise.all([
    drained(again, "box", () => values().length === 15),
    drained(copy, "copy", () => values().length === 15),
  ]);
  expect(values()).toEqual(upTo(15));
  expect(conflicts()).toBe(0);
  await again.close();
  await copy.close();
});
