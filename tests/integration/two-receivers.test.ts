import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Session, Unreachable } from "@headgate/model";
import { ReadyMadeBuffer } from "@headgate/model/testing";
import { drain } from "@headgate/sync/drain";
import { openSqliteStore, receive, receiveStatus } from "@headgate/sync/receiver";
import { mqttUplink } from "@headgate/sync/uplink";
import { afterEach, beforeEach, expect, it } from "vitest";
import { contextOf, madeBlock, pointListOfSize, portOf } from "./peers/made-blocks.ts";
import { Mosquitto } from "./peers/mosquitto.ts";

const EPOCH = "main-epoch-1";
const list = pointListOfSize(4);
let folder: string;
let broker: Mosquitto;
let buffer: ReadyMadeBuffer;
let stopping: AbortController;
let running: Promise<void>;
let stops: (() => Promise<void>)[];
let current: Session | null;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "headgate-two-"));
  broker = await Mosquitto.start();
  buffer = new ReadyMadeBuffer();
  buffer.lists.set(list.hash, list);
  stopping = new AbortController();
  stops = [];
  current = null;
  running = run();
});
afterEach(async () => {
  stopping.abort();
  await running;
  for (const stop of stops) await stop();
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A gateway for which the words of two receivers count. */
async function run(): Promise<void> {
  const context = contextOf(stopping.signal);
  const receivers = ["main", "archive"];
  const config = mqttUplink.configSchema.parse({ url: broker.url, receivers });
  while (!stopping.signal.aborted) {
    try {
      const session = await mqttUplink.open(config, portOf(buffer), context);
      current = session;
      try {
        await drain({ uplinkId: "cloud", buffer, session }, context, () => {});
      } finally {
        await session.close();
      }
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      await context.clock.sleep(50, stopping.signal);
    }
  }
}

const pathOf = (receiverId: string) => join(folder, `${receiverId}.db`);

async function startReceiver(receiverId: string): Promise<() => Promise<void>> {
  const ending = new AbortController();
  const store = openSqliteStore(pathOf(receiverId));
  const options = { url: broker.url, receiverId, store, gapTimeoutMs: 300 };
  const up = Promise.withResolvers<void>();
  const ended = receive(options, contextOf(ending.signal), up.resolve).finally(() => store.close());
  await Promise.race([up.promise, ended]);
  const stop = async () => {
    ending.abort();
    await ended;
  };
  stops.push(stop);
  return stop;
}

const keep = (count: number) => {
  const from = buffer.status().epochs[0]?.headSeq ?? 0;
  for (let i = 1; i <= count; i++) buffer.keep("main", madeBlock(list, from + i));
};
const completeTo = (receiverId: string) =>
  receiveStatus(pathOf(receiverId)).epochs.find(({ epoch }) => epoch === EPOCH)?.contiguousEnd ?? 0;
const ackedTo = () =>
  Math.max(0, ...buffer.acknowledged.filter((r) => r.epoch === EPOCH).map(({ last }) => last));

async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 60_000;
  while (!isSo()) {
    if (Date.now() > deadlineMs) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it("each has all in the end, and nothing is let go before", async () => {
  await startReceiver("main");
  keep(300);
  await until("main has all", () => completeTo("main") === 300);
  keep(20);
  await until("main has what is live", () => completeTo("main") === 320);
  expect(buffer.acknowledged).toEqual([]);
  const isSilent = (id: string) => {
    const answer = current?.answers?.().find(({ receiverId }) => receiverId === id);
    return (answer?.silentForMs ?? 0) > 0;
  };
  await until("main has answered", () => !isSilent("main"));
  expect(isSilent("archive")).toBe(true);
  await startReceiver("archive");
  await until("archive has all", () => completeTo("archive") === 320);
  await until("acknowledged", () => ackedTo() === 320);
  expect([isSilent("main"), isSilent("archive")]).toEqual([false, false]);
});

it("one restored from an old copy asks for the rest, and the other does not notice", async () => {
  await startReceiver("main");
  const stopArchive = await startReceiver("archive");
  keep(50);
  await until("both have all", () => completeTo("main") + completeTo("archive") === 100);
  await stopArchive();
  copyFileSync(pathOf("archive"), join(folder, "backup.db"));
  await (async () => {
    const stop = await startReceiver("archive");
    keep(100);
    await until("both have more", () => completeTo("main") + completeTo("archive") === 300);
    await stop();
  })();
  for (const suffix of ["", "-wal", "-shm"]) rmSync(pathOf("archive") + suffix, { force: true });
  copyFileSync(join(folder, "backup.db"), pathOf("archive"));
  const before = receiveStatus(pathOf("main")).epochs.find(({ epoch }) => epoch === EPOCH);
  await startReceiver("archive");
  await until("the restored one is complete", () => completeTo("archive") === 150);
  expect(completeTo("main")).toBe(150);
  expect(before).toMatchObject({ conflictCount: 0 });
});
