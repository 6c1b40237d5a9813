import { type Block, Misconfigured, Unreachable } from "@headgate/model";
import { ReadyMadeBuffer } from "@headgate/model/testing";
import { drain } from "@headgate/sync/drain";
import { decodeFrame } from "@headgate/sync/protocol";
import { mqttUplink } from "@headgate/sync/uplink";
import type { Packet } from "mqtt-packet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contextOf, madeBlock, pointListOfSize, portOf } from "./peers/made-blocks.ts";
import { puback, type Script, ScriptedBroker } from "./peers/scripted-broker.ts";

const list = pointListOfSize(4);
let broker: ScriptedBroker;
let buffer: ReadyMadeBuffer;
let stopping: AbortController;
let running: Promise<void>;

beforeEach(() => {
  stopping = new AbortController();
  buffer = new ReadyMadeBuffer();
  buffer.lists.set(list.hash, list);
});
afterEach(async () => {
  stopping.abort();
  await running;
  await broker.stop();
});

function keepPicture(bytes: number): Block {
  const times = { fromMs: 1, toMs: 1, schemaHash: "", hash: "0".repeat(16) };
  const body = new Uint8Array(bytes);
  return buffer.keep("media", { kind: "media", sampleCount: 0, ...times, body });
}

/** Opens and drains again and again, as the gateway's supervisor does, but in a hurry. */
async function run(config: object): Promise<void> {
  const { signal } = stopping;
  const context = contextOf(signal);
  const settings = mqttUplink.configSchema.parse({ url: broker.url, ackTimeout: "2 s", ...config });
  while (!signal.aborted) {
    try {
      const session = await mqttUplink.open(settings, portOf(buffer), context);
      try {
        await drain({ uplinkId: "cloud", buffer, session }, context, () => {});
      } finally {
        await session.close();
      }
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof Misconfigured)) throw error;
      await context.clock.sleep(20, signal);
    }
  }
}

const entriesOf = (packet: Packet) => {
  const isData = packet.cmd === "publish" && packet.topic.includes("/d/");
  return isData ? decodeFrame(Buffer.from(packet.payload)).entries : [];
};

async function untilDelivered(): Promise<void> {
  const deadlineMs = Date.now() + 60_000;
  const isLeft = () =>
    buffer.status().epochs.some(({ epoch, headSeq }) => {
      const cursor = buffer.status().cursors.get("cloud") ?? [];
      const had = cursor.filter((range) => range.epoch === epoch);
      return had.reduce((sum, { first, last }) => sum + last - first + 1, 0) < headSeq;
    });
  while (isLeft()) {
    if (Date.now() > deadlineMs) throw new Error(`not within a minute: ${buffer.quarantined}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("a server that closes without a word", () => {
  it.each([["3.1.1", 4] as const, ["5", 5] as const])(
    "over a large picture, in MQTT %s, costs that picture alone",
    async (protocol, version) => {
      const script: Script = (packet) =>
        packet.cmd === "publish" && packet.payload.length > 50_000 ? "close" : undefined;
      broker = await ScriptedBroker.start(script, version);
      for (let seq = 1; seq <= 30; seq++) buffer.keep("main", madeBlock(list, seq));
      const small = keepPicture(20_000);
      const large = keepPicture(200_000);
      const after = keepPicture(30_000);
      running = run({ protocol, delivery: "broker" });
      await untilDelivered();
      expect(buffer.quarantined.map(({ stream, first, last }) => [stream, first, last])).toEqual([
        ["media", large.seq, large.seq],
      ]);
      const arrived = broker.received.flatMap(entriesOf).filter((one) => one.kind === "media");
      const seqs = new Set(arrived.map((one) => ("seq" in one ? one.seq : 0)));
      expect([seqs.has(small.seq), seqs.has(after.seq)]).toEqual([true, true]);
      const tries = arrived.filter((one) => "seq" in one && one.seq === large.seq).length;
      expect(tries).toBeLessThanOrEqual(8);
    },
  );

  it("after a PUBACK with a code that has no place there costs the picture it is for", async () => {
    const tooLarge = 149;
    broker = await ScriptedBroker.start((packet) =>
      packet.cmd === "publish" && packet.payload.length > 50_000
        ? [puback(packet, tooLarge)]
        : undefined,
    );
    for (let seq = 1; seq <= 30; seq++) buffer.keep("main", madeBlock(list, seq));
    const large = keepPicture(200_000);
    keepPicture(30_000);
    running = run({ protocol: "5", delivery: "broker" });
    await untilDelivered();
    expect(buffer.quarantined.map(({ stream, first, last }) => [stream, first, last])).toEqual([
      ["media", large.seq, large.seq],
    ]);
  });

  it("over one block among many costs that block alone", async () => {
    const isPoison = (packet: Packet) =>
      entriesOf(packet).some(
        (entry) => "seq" in entry && entry.kind === "data" && entry.seq === 17,
      );
    broker = await ScriptedBroker.start((packet) => (isPoison(packet) ? "close" : undefined));
    for (let seq = 1; seq <= 40; seq++) buffer.keep("main", madeBlock(list, seq));
    running = run({ delivery: "broker" });
    await untilDelivered();
    expect(buffer.quarantined.map(({ first, last }) => [first, last])).toEqual([[17, 17]]);
  });

  it("over whatever it gets, once in a while, costs nothing", async () => {
    let count = 0;
    const script: Script = (packet) =>
      packet.cmd === "publish" && packet.topic.includes("/d/") && ++count % 3 !== 0
        ? "close"
        : undefined;
    broker = await ScriptedBroker.start(script);
    for (let seq = 1; seq <= 40; seq++) buffer.keep("main", madeBlock(list, seq));
    running = run({ delivery: "broker" });
    await untilDelivered();
    expect(buffer.quarantined).toEqual([]);
  });
});
