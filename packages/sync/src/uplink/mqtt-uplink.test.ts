import { createServer, type Socket } from "node:net";
import { type Block, silentLog, systemClock } from "@headgate/model";
import { ReadyMadeBuffer, type UplinkRig, uplinkContract } from "@headgate/model/testing";
import { Aedes } from "aedes";
import { describe, it } from "vitest";
import { hashOf, pointListOf } from "../block/hash.ts";
import { decodeFrame } from "../protocol/decode-frame.ts";
import type { MqttConfig } from "./config.ts";
import { mqttUplink } from "./mqtt-uplink.ts";

// Aedes speaks 3.1.1 only: the version falls back by itself.
describe("mqtt uplink to an embedded broker", () => {
  uplinkContract(it, setUp);
});

async function setUp(): Promise<UplinkRig<MqttConfig>> {
  const aedes = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    aedes.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = `mqtt://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  const arrived = new Set<number>();
  await new Promise<void>((resolve) => {
    const hear = (packet: { payload: Buffer | string }, done: () => void) => {
      for (const entry of decodeFrame(Buffer.from(packet.payload)).entries) {
        if ("seq" in entry) arrived.add(entry.seq);
      }
      done();
    };
    aedes.subscribe("headgate/1/+/d/#", hear, () => resolve());
  });
  const buffer = new ReadyMadeBuffer();
  const blocks = [1, 2, 3].map(() => buffer.keep("main", content()));
  const cutLine = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  const stopping = new AbortController();
  return {
    uplink: mqttUplink,
    context: { clock: systemClock, log: silentLog, signal: stopping.signal, directory: "" },
    config: mqttUplink.configSchema.parse({ url, ackTimeout: "500 ms", connectTimeout: "1 s" }),
    port: {
      gatewayId: "g-1",
      uplinkId: "cloud",
      standing: () => buffer.status().epochs,
      pointList: async () => pointListOf(["a/x"]),
    },
    blocks,
    noticeWithinMs: 2000,
    arrivedCount: async () => arrived.size,
    cutLine,
    tearDown: async () => {
      stopping.abort();
      await cutLine();
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
    },
  };
}

function content(): Omit<Block, "stream" | "epoch" | "seq"> {
  const body = new Uint8Array([1, 2, 3]);
  const schemaHash = pointListOf(["a/x"]).hash;
  const head = { kind: "data", sampleCount: 1, fromMs: 1, toMs: 1 } as const;
  return { ...head, schemaHash, hash: hashOf(body), body };
}
