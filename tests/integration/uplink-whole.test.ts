import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Buffer, type Sample, Unreachable } from "@headgate/model";
import { openBuffer } from "@headgate/sync/buffer";
import { drain } from "@headgate/sync/drain";
import { exportRecord, openSqliteStore, receive, receiveStatus } from "@headgate/sync/receiver";
import { mqttUplink } from "@headgate/sync/uplink";
import { afterEach, beforeEach, expect, it } from "vitest";
import { contextOf } from "./peers/made-blocks.ts";
import { Mosquitto } from "./peers/mosquitto.ts";

const AT = 1_767_225_600_000;
const POINTS = Array.from({ length: 20 }, (_, i) => `meter-${i % 4}/p${i}`);
let folder: string;
let broker: Mosquitto;
let buffer: Buffer;
let stopping: AbortController;
let parts: Promise<void>[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-whole-"));
  broker = await Mosquitto.start();
  stopping = new AbortController();
  buffer = await openBuffer(
    {
      directory: join(folder, "buffer"),
      capacityBytesMax: 64 * 1024 * 1024,
      mediaCapacityBytesMax: 64 * 1024 * 1024,
      commitIntervalMs: 20,
      uplinkIds: ["cloud"],
      pointIds: POINTS,
    },
    contextOf(stopping.signal),
  );
  parts = [];
});
afterEach(async () => {
  stopping.abort();
  await Promise.allSettled(parts);
  await buffer.close();
  await broker.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Tries again and again, as the supervisor does. */
async function again(attempt: () => Promise<void>): Promise<void> {
  const { clock } = contextOf(stopping.signal);
  while (!stopping.signal.aborted) {
    try {
      await attempt();
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
    }
    await clock.sleep(50, stopping.signal);
  }
}

function startUplink(format: string): void {
  const config = mqttUplink.configSchema.parse({ url: broker.url, format, ackTimeout: "2 s" });
  const port = {
    gatewayId: "g-1",
    uplinkId: "cloud",
    standing: () => buffer.status().epochs.filter(({ isCurrent }) => isCurrent),
    pointList: (hash: string) => buffer.pointList(hash),
  };
  const context = contextOf(stopping.signal);
  const attempt = async () => {
    const session = await mqttUplink.open(config, port, context);
    try {
      const job = { uplinkId: "cloud", buffer, session, ackTimeoutMs: 1000 };
      await drain(job, context, () => {});
    } finally {
      await session.close();
    }
  };
  parts.push(again(attempt));
}

function startReceiver(): void {
  const context = contextOf(stopping.signal);
  const store = openSqliteStore(join(folder, "received.db"));
  const attempt = () => receive({ url: broker.url, store, gapTimeoutMs: 500 }, context, () => {});
  parts.push(again(attempt).finally(() => store.close()));
}

async function produce(rounds: number, from: number): Promise<void> {
  for (let round = from; round < from + rounds; round++) {
    const samples: Sample[] = POINTS.map((pointId, index) => {
      return { pointId, timestampMs: AT + round * 10, quality: "good", value: round + index / 8 };
    });
    await buffer.append(samples);
  }
}

async function untilDelivered(withinMs = 20_000): Promise<void> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    const { epochs, cursors } = buffer.status();
    const head = epochs.find(({ stream, isCurrent }) => stream === "main" && isCurrent);
    const cursor = cursors.get("cloud") ?? [];
    const acked = cursor.some(
      (range) => range.epoch === head?.epoch && range.last === head.headSeq,
    );
    if (acked && cursor.filter((range) => range.epoch === head?.epoch).length === 1) return;
    if (Date.now() > deadlineMs) throw new Error("not delivered");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it.each(["blocks", "blocks-json"])(
  "brings every sample into the receiver's store exactly once, over %s, though the broker dies",
  async (format) => {
    await produce(20, 0);
    startUplink(format);
    startReceiver();
    for (let life = 1; life <= 3; life++) {
      await produce(20, life * 20);
      await broker.kill();
      await produce(5, life * 20 + 1000);
      await broker.restart();
    }
    await untilDelivered();
    stopping.abort();
    await Promise.all(parts);
    const path = join(folder, "received.db");
    const status = receiveStatus(path);
    expect(status.isComplete).toBe(true);
    const rows = [...exportRecord(path, { gateway: "g-1" })];
    const names = new Set(rows.map(({ point, t }) => `${point} ${t}`));
    expect(rows.length).toBe((20 + 3 * 25) * POINTS.length);
    expect(names.size).toBe(rows.length);
    for (const { point, t, value } of rows) {
      expect(value).toBe((t - AT) / 10 + POINTS.indexOf(point) / 8);
    }
  },
);

it("brings a picture whole", async () => {
  startUplink("blocks");
  startReceiver();
  const bytes = new Uint8Array(300_000).map((_, i) => i & 255);
  await buffer.appendMedia({ name: "cam/a.jpg", contentType: "image/jpeg", bytes }, AT);
  const deadlineMs = Date.now() + 10_000;
  for (;;) {
    const cursor = buffer.status().cursors.get("cloud") ?? [];
    if (cursor.some(({ stream, last }) => stream === "media" && last === 2)) break;
    if (Date.now() > deadlineMs) throw new Error(`not delivered: ${JSON.stringify(cursor)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});
