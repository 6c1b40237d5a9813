import { createHash } from "node:crypto";
import { decodeColumns } from "@headgate/sync/block";
import { ackOf } from "@headgate/sync/cores";
import { decodeFrame, encodeFrame, encodeMessage, type FrameFormat } from "@headgate/sync/protocol";
import mqtt from "mqtt";
import { madeBlock, pointListOfSize } from "../integration/peers/made-blocks.ts";
import { Mosquitto } from "../integration/peers/mosquitto.ts";
import type { Figure } from "./figure.ts";
import { figuresOf } from "./process-figures.ts";
import { quantile } from "./statistics.ts";

/** What a gateway of 1,000 samples a second sends twice a second. */
const SAMPLES = 500;
const ROUNDS = 7;
const CALLS = 2000;
const WINDOW = 100;
const PER_CORE = "a core and second";

/** What one core does at the receiving end, short of the store: see docs/scale.md. */
export async function receiving(seconds: number): Promise<Figure[]> {
  const figures = [...decodeFigures("blocks"), ...decodeFigures("blocks-json")];
  return [...figures, ackFigure(), ...(await brokerFigures(seconds))];
}

function frameOf(format: FrameFormat): Uint8Array {
  const list = pointListOfSize(SAMPLES);
  const entries = [madeBlock(list, 1)];
  return encodeFrame({ format, gatewayId: "g-0042", lane: "l", entries, pointListOf: () => list });
}

/** From the payload to columns of values, hash proved. */
function unpack(payload: Uint8Array): void {
  for (const entry of decodeFrame(payload).entries) {
    if (!("seq" in entry) || !entry.body) continue;
    createHash("sha256").update(entry.body).digest();
    decodeColumns(entry.body);
  }
}

function decodeFigures(format: FrameFormat): Figure[] {
  const payload = frameOf(format);
  const us = microsecondsOf(() => unpack(payload));
  return [
    { name: `${format}: frame`, unit: "bytes", value: payload.length },
    { name: `${format}: blocks unpacked`, unit: PER_CORE, value: 1e6 / us },
    { name: `${format}: samples unpacked`, unit: PER_CORE, value: (SAMPLES * 1e6) / us },
  ];
}

function ackFigure(): Figure {
  const covered = [
    { first: 1, last: 18_200 },
    { first: 18_210, last: 18_233 },
  ];
  const standing = [{ stream: "main" as const, epoch: "01JD0000000000000000000000", covered }];
  const acknowledger = { receiverId: "main", incarnation: "store-7", nowMs: Date.now() };
  const us = microsecondsOf(() => encodeMessage(ackOf(standing, acknowledger)));
  return { name: "acknowledgements made", unit: PER_CORE, value: 1e6 / us };
}

/** CPU time of one call, the median of several rounds: others may want the cores as well. */
function microsecondsOf(work: () => void): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const begin = process.cpuUsage();
    for (let call = 0; call < CALLS; call++) work();
    const { user, system } = process.cpuUsage(begin);
    return (user + system) / CALLS;
  });
  return quantile(times, 0.5);
}

/** One publisher, one subscriber, QoS 1 both ways: what mosquitto takes for each frame. */
async function brokerFigures(seconds: number): Promise<Figure[]> {
  const broker = await Mosquitto.start({ config: ["max_inflight_messages 1000"] });
  const subscriber = await mqtt.connectAsync(broker.url, { reconnectPeriod: 0 });
  const publisher = await mqtt.connectAsync(broker.url, { reconnectPeriod: 0 });
  try {
    let arrived = 0;
    subscriber.on("message", () => {
      arrived++;
    });
    await subscriber.subscribeAsync("headgate/1/+/d/#", { qos: 1 });
    const payload = Buffer.from(frameOf("blocks"));
    const pid = broker.pid as number;
    const begin = { cpuMs: figuresOf(pid).cpuMs, atMs: performance.now() };
    const endMs = begin.atMs + seconds * 1000;
    const send = async (gateway: number) => {
      while (performance.now() < endMs) {
        await publisher.publishAsync(`headgate/1/g-${gateway}/d/main/l`, payload, { qos: 1 });
      }
    };
    await Promise.all(Array.from({ length: WINDOW }, (_, gateway) => send(gateway)));
    const elapsed = (performance.now() - begin.atMs) / 1000;
    const cpu = (figuresOf(pid).cpuMs - begin.cpuMs) / 1000;
    return [
      { name: "mosquitto: messages through", unit: "a second", value: arrived / elapsed },
      { name: "mosquitto: messages through, by its CPU", unit: PER_CORE, value: arrived / cpu },
    ];
  } finally {
    subscriber.end(true);
    publisher.end(true);
    await broker.stop();
  }
}
