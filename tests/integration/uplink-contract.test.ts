import { ReadyMadeBuffer, type UplinkRig, uplinkContract } from "@headgate/model/testing";
import { decodeFrame } from "@headgate/sync/protocol";
import { type MqttConfig, mqttUplink } from "@headgate/sync/uplink";
import mqtt from "mqtt";
import { describe, it } from "vitest";
import { contextOf, madeBlock, pointListOfSize, portOf } from "./peers/made-blocks.ts";
import { Mosquitto } from "./peers/mosquitto.ts";

const variants = [
  { protocol: "5", format: "blocks" },
  { protocol: "3.1.1", format: "blocks" },
  { protocol: "5", format: "blocks-json" },
  { protocol: "auto", format: "json" },
  { protocol: "5", format: "blocks", delivery: "broker" },
] as const;

for (const variant of variants) {
  const words = Object.values(variant).join(", ");
  describe(`mqtt uplink to mosquitto (${words})`, () => {
    uplinkContract(it, () => setUp(variant));
  });
}

async function setUp(variant: object): Promise<UplinkRig<MqttConfig>> {
  const broker = await Mosquitto.start();
  const list = pointListOfSize(10);
  const buffer = new ReadyMadeBuffer();
  buffer.lists.set(list.hash, list);
  const blocks = [1, 2, 3].map((seq) => buffer.keep("main", madeBlock(list, seq)));
  const arrived = new Set<number>();
  const watcher = await mqtt.connectAsync(broker.url, { reconnectPeriod: 0 });
  watcher.on("error", () => {});
  watcher.on("message", (topic, payload) => {
    if (topic.startsWith("headgate/json/")) arrived.add(JSON.parse(payload.toString()).seq);
    if (!topic.includes("/d/")) return;
    for (const entry of decodeFrame(payload).entries) {
      if ("seq" in entry) arrived.add(entry.seq);
    }
  });
  await watcher.subscribeAsync("headgate/#", { qos: 1 });
  const stopping = new AbortController();
  return {
    uplink: mqttUplink,
    context: contextOf(stopping.signal),
    config: mqttUplink.configSchema.parse({ url: broker.url, ackTimeout: "400 ms", ...variant }),
    port: portOf(buffer),
    blocks,
    noticeWithinMs: 3000,
    arrivedCount: async () => arrived.size,
    cutLine: () => broker.kill(),
    freeze: async () => broker.freeze(),
    tearDown: async () => {
      stopping.abort();
      watcher.end(true);
      await broker.stop();
    },
  };
}
