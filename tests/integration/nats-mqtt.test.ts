import type { Sample } from "@headgate/model";
import { exportRecord, receiveStatus } from "@headgate/sync/receiver";
import mqtt from "mqtt";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Nats } from "./peers/nats.ts";
import { WholeLine } from "./peers/whole-line.ts";

const AT = 1_767_225_600_000;
const POINTS = Array.from({ length: 20 }, (_, i) => `meter-${i % 4}/p${i}`);
let nats: Nats;
let line: WholeLine;

beforeEach(async () => {
  nats = await Nats.start();
  line = await WholeLine.start(POINTS, nats);
});
afterEach(() => line.end());

async function produce(rounds: number, from: number): Promise<void> {
  for (let round = from; round < from + rounds; round++) {
    const samples: Sample[] = POINTS.map((pointId, index) => {
      return { pointId, timestampMs: AT + round * 10, quality: "good", value: round + index / 8 };
    });
    await line.buffer.append(samples);
  }
}

test("over NATS, which speaks MQTT 3.1.1 only, all of it exactly once though it dies", async () => {
  await produce(20, 0);
  line.startUplink("blocks");
  line.startReceiver();
  for (let life = 1; life <= 3; life++) {
    await produce(20, life * 20);
    await nats.kill();
    await produce(5, life * 20 + 1000);
    await nats.restart();
  }
  await line.untilDelivered("main", undefined, 60_000);
  await line.stopParts();
  expect(receiveStatus(line.storePath).isComplete).toBe(true);
  const rows = [...exportRecord(line.storePath, { gateway: "g-1" })];
  expect(rows.length).toBe((20 + 3 * 25) * POINTS.length);
  expect(new Set(rows.map(({ point, t }) => `${point} ${t}`)).size).toBe(rows.length);
});

test("acknowledgement and standing are kept for who comes later", async () => {
  line.startUplink("blocks");
  line.startReceiver();
  await produce(5, 0);
  await line.untilDelivered("main", undefined, 60_000);
  const told = new Map<string, unknown>();
  const later = await mqtt.connectAsync(nats.url, { protocolVersion: 4, clientId: "later" });
  later.on("message", (topic, payload) => told.set(topic, JSON.parse(payload.toString())));
  await later.subscribeAsync(["headgate/1/g-1/hello", "headgate/1/g-1/ack/+"], { qos: 1 });
  const until = async (isSo: () => boolean) => {
    const deadlineMs = Date.now() + 60_000;
    while (!isSo()) {
      if (Date.now() > deadlineMs) throw new Error(`told only ${JSON.stringify([...told])}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const hello = () => told.get("headgate/1/g-1/hello") as { online?: boolean } | undefined;
  await until(() => told.has("headgate/1/g-1/ack/main") && hello() !== undefined);
  expect(hello()?.online).toBe(true);
  await line.stopParts();
  await until(() => hello()?.online === false);
  later.end(true);
});
