import type { Context } from "@headgate/model";
import { Unreachable } from "@headgate/model";
import { ReadyMadeBuffer } from "@headgate/model/testing";
import { drain } from "@headgate/sync/drain";
import {
  ackTopic,
  decodeFrame,
  decodePointList,
  encodeMessage,
  parseHello,
  parseTopic,
  requestTopic,
} from "@headgate/sync/protocol";
import { type MqttConfig, mqttUplink } from "@headgate/sync/uplink";
import mqtt, { type MqttClient } from "mqtt";
import { afterEach, beforeEach, expect, it } from "vitest";
import { contextOf, madeBlock, pointListOfSize, portOf } from "./peers/made-blocks.ts";
import { Mosquitto } from "./peers/mosquitto.ts";

const ROOT = "headgate/1";
const EPOCH = "main-epoch-1";
const list = pointListOfSize(20);
let broker: Mosquitto;
let buffer: ReadyMadeBuffer;
let stopping: AbortController;
let context: Context;
let config: MqttConfig;
let running: Promise<void>;
let opened = 0;

/** A receiver in the fewest words: stores in memory, acknowledges what it was told to store. */
class Listener {
  readonly stored = new Map<number, string>();
  readonly lanes: string[] = [];
  readonly hellos: boolean[] = [];
  readonly pointLists = new Set<string>();
  frames = 0;
  isDeaf = false;
  readonly #client: MqttClient;

  constructor(client: MqttClient) {
    this.#client = client;
    client.on("error", () => {});
    client.on("message", (topic, payload) => this.#hear(topic, payload));
  }

  static async start(url: string): Promise<Listener> {
    const client = await mqtt.connectAsync(url, { reconnectPeriod: 50, clean: true });
    const listener = new Listener(client);
    await client.subscribeAsync([`${ROOT}/+/d/#`, `${ROOT}/+/m/#`, `${ROOT}/+/hello`], { qos: 1 });
    return listener;
  }

  #hear(topic: string, payload: Buffer): void {
    const parsed = parseTopic(ROOT, topic);
    if (parsed?.kind === "hello") this.hellos.push(parseHello(payload).online);
    if (parsed?.kind === "record") this.pointLists.add(decodePointList(payload).hash);
    if (parsed?.kind !== "data" || this.isDeaf) return;
    this.frames++;
    const frame = decodeFrame(payload);
    this.lanes.push(frame.lane);
    for (const entry of frame.entries) {
      if ("seq" in entry && entry.epoch === EPOCH) this.stored.set(entry.seq, entry.hash);
    }
    this.acknowledge();
  }

  acknowledge(more: object = {}): void {
    const numbers = [...this.stored.keys()].sort((a, b) => a - b);
    let w = 0;
    while (this.stored.has(w + 1)) w++;
    const beyond = numbers.filter((number) => number > w);
    const sack = beyond.slice(0, 250).map((number) => [number, number] as [number, number]);
    const max = numbers.at(-1) ?? 0;
    const streams = [{ st: "main" as const, ep: EPOCH, w, sack, max, ...more }];
    const ack = encodeMessage({ v: 1, c: "main", inc: "i1", at: 0, streams });
    const topic = ackTopic(ROOT, "g-1", "main");
    this.#client.publish(topic, Buffer.from(ack), { qos: 1, retain: true });
  }

  /** Takes the retained acknowledgement off the broker, and says no more. */
  async forget(): Promise<void> {
    this.isDeaf = true;
    const empty = Buffer.alloc(0);
    await this.#client.publishAsync(ackTopic(ROOT, "g-1", "main"), empty, { qos: 1, retain: true });
  }

  ask(request: Parameters<typeof encodeMessage>[0]): void {
    const payload = Buffer.from(encodeMessage(request));
    this.#client.publish(requestTopic(ROOT, "g-1", "main"), payload, { qos: 1 });
  }

  stop(): void {
    this.#client.end(true);
  }
}

let listener: Listener;

beforeEach(async () => {
  broker = await Mosquitto.start();
  buffer = new ReadyMadeBuffer();
  buffer.lists.set(list.hash, list);
  stopping = new AbortController();
  context = contextOf(stopping.signal);
  config = mqttUplink.configSchema.parse({ url: broker.url, ackTimeout: "1 s" });
  listener = await Listener.start(broker.url);
  opened = 0;
});
afterEach(async () => {
  stopping.abort();
  listener.stop();
  try {
    await running;
  } finally {
    await broker.stop();
  }
});

const keep = (count: number, samplesPerPoint = 1) => {
  const from = buffer.status().epochs[0]?.headSeq ?? 0;
  for (let i = 1; i <= count; i++) buffer.keep("main", madeBlock(list, from + i, samplesPerPoint));
};

/** Opens and drains again and again, as the gateway's supervisor does. */
async function run(ackTimeoutMs = 500): Promise<void> {
  while (!stopping.signal.aborted) {
    try {
      const session = await mqttUplink.open(config, portOf(buffer), context);
      opened++;
      try {
        await drain({ uplinkId: "cloud", buffer, session, ackTimeoutMs }, context, () => {});
      } finally {
        await session.close();
      }
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      await context.clock.sleep(50, stopping.signal);
    }
  }
}

async function until(condition: () => boolean, what: string, withinMs = 60_000): Promise<void> {
  const deadlineMs = Date.now() + withinMs;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const ackedUpTo = (last: number) => {
  const cursor = buffer.status().cursors.get("cloud") ?? [];
  const numbers = new Set<number>();
  for (const range of cursor) {
    for (let n = range.first; range.epoch === EPOCH && n <= range.last; n++) numbers.add(n);
  }
  return Array.from({ length: last }, (_, i) => i + 1).every((n) => numbers.has(n));
};

it("delivers point lists and blocks, and moves the cursor by the receiver's word", async () => {
  listener.isDeaf = true;
  keep(50);
  running = run(60_000);
  await until(() => listener.pointLists.has(list.hash), "point list");
  await context.clock.sleep(200, stopping.signal);
  expect(buffer.acknowledged).toEqual([]);
  listener.isDeaf = false;
  listener.ask({ v: 1, id: "q1", op: "resend", st: "main", ep: EPOCH, lo: 1, hi: 50 });
  await until(() => ackedUpTo(50), "all acknowledged");
  expect(listener.stored.size).toBe(50);
  expect(listener.lanes).toContain("r");
});

it("loses nothing when the broker is killed again and again in full flow", async () => {
  running = run();
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 10; i++) {
      keep(10);
      await context.clock.sleep(5, stopping.signal);
    }
    await broker.kill();
    keep(20);
    await broker.restart();
    await context.clock.sleep(100, stopping.signal);
  }
  const total = 4 * 120;
  await until(() => listener.stored.size === total, `${total} stored`);
  await until(() => ackedUpTo(total), "all acknowledged");
  expect(opened).toBeGreaterThan(1);
});

it("notices a frozen broker by its silence and goes on when it is back", async () => {
  running = run();
  keep(5);
  await until(() => ackedUpTo(5), "first blocks");
  broker.freeze();
  keep(5);
  await context.clock.sleep(1500, stopping.signal);
  broker.thaw();
  await until(() => ackedUpTo(10), "blocks after the thaw");
  expect(opened).toBeGreaterThan(1);
});

it("sends again what was acknowledged by the broker but never by the receiver", async () => {
  running = run(300);
  listener.isDeaf = true;
  keep(5);
  await context.clock.sleep(200, stopping.signal);
  listener.isDeaf = false;
  await until(() => ackedUpTo(5), "blocks sent again");
  expect(listener.lanes).toContain("r");
});

it("starts a new epoch when a receiver has seen numbers this buffer has not given", async () => {
  listener.acknowledge({ max: 900 });
  running = run();
  keep(3);
  await until(
    () => buffer.status().epochs.filter(({ stream }) => stream === "main").length === 2,
    "new epoch",
  );
});

it("starts a new epoch when its own fence shows that the buffer went back in time", async () => {
  keep(30);
  running = run();
  await until(() => ackedUpTo(30), "first life");
  stopping.abort();
  await running;
  const restored = new ReadyMadeBuffer();
  restored.lists.set(list.hash, list);
  buffer = restored;
  keep(10);
  // Without the receiver's word: the fence alone must tell.
  await listener.forget();
  stopping = new AbortController();
  context = contextOf(stopping.signal);
  running = run();
  await until(
    () => buffer.status().epochs.filter(({ stream }) => stream === "main").length === 2,
    "new epoch",
  );
});

it("says hello, and goodbye by itself or by its will", async () => {
  running = run();
  await until(() => listener.hellos.includes(true), "hello");
  stopping.abort();
  await running;
  await until(() => listener.hellos.at(-1) === false, "goodbye");
});

it("keeps live blocks fast while a long backlog drains", async () => {
  keep(1200, 25);
  running = run();
  const latencies: number[] = [];
  const startedAtMs = Date.now();
  await until(() => opened > 0, "session");
  for (let i = 0; i < 10; i++) {
    keep(1);
    const seq = buffer.status().epochs[0]?.headSeq ?? 0;
    const sinceMs = Date.now();
    await until(() => listener.stored.has(seq), `live block ${seq}`);
    latencies.push(Date.now() - sinceMs);
  }
  await until(() => ackedUpTo(1210), "backlog");
  // Most of the time is the backlog's, on a machine of any speed.
  const tookMs = Date.now() - startedAtMs;
  expect(Math.max(...latencies)).toBeLessThan(Math.max(1000, 0.8 * tookMs));
});
