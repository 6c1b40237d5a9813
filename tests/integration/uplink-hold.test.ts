import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Unreachable } from "@headgate/model";
import { ReadyMadeBuffer } from "@headgate/model/testing";
import { drain } from "@headgate/sync/drain";
import { decodeFrame } from "@headgate/sync/protocol";
import { mqttUplink } from "@headgate/sync/uplink";
import mqtt, { type MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contextOf, madeBlock, pointListOfSize, portOf } from "./peers/made-blocks.ts";
import { Mosquitto } from "./peers/mosquitto.ts";

const list = pointListOfSize(4);
let folder: string;
let broker: Mosquitto;
let buffer: ReadyMadeBuffer;
let stopping: AbortController;
let session: AbortController;
let running: Promise<void>;
let opened: number;
let consumer: MqttClient | null;
/** How often each block came to the consumer. */
let arrived: Map<number, number>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-hold-"));
  broker = await Mosquitto.start();
  buffer = new ReadyMadeBuffer();
  buffer.lists.set(list.hash, list);
  stopping = new AbortController();
  session = new AbortController();
  opened = 0;
  consumer = null;
  arrived = new Map();
});
afterEach(async () => {
  stopping.abort();
  await running;
  await consumer?.endAsync(true);
  await broker.stop();
  await rm(folder, { recursive: true });
});

const keep = (count: number) => {
  const from = buffer.status().epochs[0]?.headSeq ?? 0;
  for (let i = 1; i <= count; i++) buffer.keep("main", madeBlock(list, from + i));
};

function start(config: object): void {
  running = run(config);
}

/** Opens and drains again and again; `session.abort()` ends one session, as a lost line would. */
async function run(config: object): Promise<void> {
  const settings = mqttUplink.configSchema.parse({
    ...{ url: broker.url, delivery: "broker+hold", hold: "1 h", ackTimeout: "2 s" },
    ...config,
  });
  const whole = { ...contextOf(stopping.signal), directory: folder };
  while (!stopping.signal.aborted) {
    session = new AbortController();
    const context = { ...whole, signal: AbortSignal.any([stopping.signal, session.signal]) };
    try {
      const link = await mqttUplink.open(settings, portOf(buffer), whole);
      opened++;
      try {
        await drain({ uplinkId: "cloud", buffer, session: link }, context, () => {});
      } finally {
        await link.close();
      }
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      await whole.clock.sleep(50, stopping.signal);
    }
  }
}

/** A consumer of whatever format, that comes late. */
async function listen(): Promise<void> {
  consumer = await mqtt.connectAsync(broker.url, { reconnectPeriod: 50 });
  consumer.on("error", () => {});
  consumer.on("message", (topic, payload) => {
    for (const seq of seqsOf(topic, payload)) arrived.set(seq, (arrived.get(seq) ?? 0) + 1);
  });
  await consumer.subscribeAsync("headgate/#", { qos: 1 });
}

function seqsOf(topic: string, payload: Buffer): number[] {
  if (topic.startsWith("headgate/json/")) {
    const { seq, st } = JSON.parse(payload.toString()) as { seq?: number; st?: string };
    return seq === undefined || st === "media" ? [] : [seq];
  }
  if (!topic.includes("/d/main/")) return [];
  return decodeFrame(payload).entries.flatMap((entry) => ("seq" in entry ? [entry.seq] : []));
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadlineMs = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error(`not within a minute: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const all = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const hasAll = (count: number) => all(count).every((seq) => arrived.has(seq));
const ackedCount = () =>
  buffer.acknowledged
    .filter(({ stream }) => stream === "main")
    .reduce((sum, { first, last }) => sum + last - first + 1, 0);

describe.each([
  { format: "blocks", protocol: "5" },
  { format: "blocks", protocol: "3.1.1" },
  { format: "json", protocol: "5" },
  { format: "json", protocol: "3.1.1" },
])("what a broker took, as $format over MQTT $protocol,", (config) => {
  it("is sent again when the broker has lost its memory, and not acknowledged before", async () => {
    await listen();
    start(config);
    keep(30);
    await until(() => hasAll(30), "first life of the broker");
    expect(ackedCount()).toBe(0);
    await broker.kill();
    arrived.clear();
    keep(10);
    await broker.restart();
    await until(() => hasAll(40), "what the broker forgot");
    expect(buffer.acknowledged).toEqual([]);
  });
});

it("a line that breaks makes it send again little or nothing", async () => {
  await listen();
  start({ hold: "2 s" });
  keep(30);
  await until(() => hasAll(30), "first session");
  // The first time, nothing is known of what this broker keeps.
  session.abort();
  await until(() => opened === 2, "second session");
  keep(30);
  await until(() => hasAll(60), "second session's blocks");
  await until(() => ackedCount() >= 60, "let go in time");
  arrived.clear();
  session.abort();
  await until(() => opened === 3, "third session");
  keep(1);
  await until(() => arrived.has(61), "block of the third session");
  expect([...arrived.keys()]).toEqual([61]);
});

it("a restart of the gateway knows what the broker took", async () => {
  await listen();
  start({});
  keep(30);
  await until(() => hasAll(30), "first life");
  stopping.abort();
  await running;
  arrived.clear();
  stopping = new AbortController();
  start({});
  keep(5);
  await until(() => [31, 32, 33, 34, 35].every((seq) => arrived.has(seq)), "second life");
  expect(Math.min(...arrived.keys())).toBe(31);
  expect(ackedCount()).toBe(0);
});
