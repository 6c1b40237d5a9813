// The buffer, the drain and the uplink of a gateway, fed by a clock at the meters' side that runs
// fast through an outage, and then with the wall clock while the backlog drains.
// usage: gateway FOLDER BROKER_URL HOURS; prints a line of JSON when full, and one when drained
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import type { Buffer, Seq } from "@headgate/model";
import { silentLog, systemClock, Unreachable } from "@headgate/model";
import { openBuffer } from "@headgate/sync/buffer";
import { drain } from "@headgate/sync/drain";
import { mqttUplink } from "@headgate/sync/uplink";
import { Histogram } from "../statistics.ts";
import { POINT_COUNT, POINT_IDS, secondOf, tenthsOf } from "./made-hours.ts";

// As the gateway's own process does.
setFlagsFromString("--optimize-for-size");

const UPLINK = "cloud";
const LOOK_MS = 10;
const LIVE_ON_THE_WAY_MAX = 5;
const GIB = 2 ** 30;

const [folder = "", url = "", hours = "24"] = process.argv.slice(2);
const rounds = Math.round(Number(hours) * 3600);
const never = new AbortController().signal;
let tenths = 0n;

function open(commitIntervalMs: number): Promise<Buffer> {
  const directory = join(folder, "buffer");
  const capacity = { capacityBytesMax: 8 * GIB, mediaCapacityBytesMax: GIB };
  const options = { directory, ...capacity, commitIntervalMs, uplinkIds: [UPLINK] };
  const context = { clock: systemClock, log: silentLog, signal: never, directory };
  return openBuffer({ ...options, pointIds: POINT_IDS }, context);
}

async function append(buffer: Buffer, round: number, timestampMs: number): Promise<Seq> {
  tenths += BigInt(tenthsOf(round));
  return buffer.append(secondOf(round, timestampMs));
}

/** A second to a block, as long as the outage was, as fast as the disk takes them. */
async function fill(endMs: number): Promise<void> {
  const buffer = await open(1);
  for (let round = 0; round < rounds; round++) {
    await append(buffer, round, endMs - (rounds - round) * 1000);
  }
  await buffer.close();
}

function mainOf(buffer: Buffer) {
  const { epochs, cursors } = buffer.status();
  const main = epochs.find(({ stream, isCurrent }) => stream === "main" && isCurrent);
  const cursor = cursors.get(UPLINK) ?? [];
  const acked = cursor.filter(({ epoch }) => epoch === main?.epoch);
  return { head: main?.headSeq ?? 0, tail: main?.tailSeq ?? 0, acked };
}

/** Live samples on the way: since when they are there, and in which block. */
class LiveWatch {
  readonly latencies = new Histogram();
  #waiting: { seq: Seq; readAtMs: number }[] = [];

  add(seq: Seq, readAtMs: number): void {
    this.#waiting.push({ seq, readAtMs });
  }

  look(buffer: Buffer): void {
    const { acked } = mainOf(buffer);
    const nowMs = performance.now();
    this.#waiting = this.#waiting.filter(({ seq, readAtMs }) => {
      const isThere = acked.some(({ first, last }) => first <= seq && last >= seq);
      if (isThere) this.latencies.add(nowMs - readAtMs);
      return !isThere;
    });
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }
}

function runUplink(buffer: Buffer, signal: AbortSignal): Promise<void> {
  const config = mqttUplink.configSchema.parse({ url, format: "blocks", delivery: "receiver" });
  const context = { clock: systemClock, log: silentLog, signal, directory: folder };
  const port = {
    gatewayId: "outage",
    uplinkId: UPLINK,
    standing: () => buffer.status().epochs.filter(({ isCurrent }) => isCurrent),
    pointList: (hash: string) => buffer.pointList(hash),
  };
  const attempt = async () => {
    const session = await mqttUplink.open(config, port, context);
    try {
      await drain({ uplinkId: UPLINK, buffer, session }, context, () => {});
    } finally {
      await session.close();
    }
  };
  return (async () => {
    while (!signal.aborted) {
      await attempt().catch((error: unknown) => {
        if (!(error instanceof Unreachable)) throw error;
        process.stderr.write(`session lost: ${error.message}\n`);
      });
      await systemClock.sleep(500, signal);
    }
  })();
}

async function live(buffer: Buffer, watch: LiveWatch, signal: AbortSignal): Promise<number> {
  let round = rounds;
  let durable = Promise.resolve();
  const beginMs = performance.now();
  while (!signal.aborted) {
    const readAtMs = performance.now();
    durable = append(buffer, round, Date.now()).then((seq) => watch.add(seq, readAtMs));
    round++;
    await systemClock.sleep(beginMs + (round - rounds) * 1000 - performance.now(), signal);
  }
  await durable;
  return round;
}

function isDrained(buffer: Buffer): boolean {
  const { acked, head, tail } = mainOf(buffer);
  const [range] = acked;
  if (!range || acked.length > 1) return false;
  return range.first <= tail && range.last >= head - LIVE_ON_THE_WAY_MAX;
}

const beginFillMs = performance.now();
await fill(Date.now());
const fillSeconds = (performance.now() - beginFillMs) / 1000;
const buffer = await open(500);
const restBytes = buffer.status().usedBytes;
process.stdout.write(
  `${JSON.stringify({ samples: rounds * POINT_COUNT, fillSeconds, restBytes })}\n`,
);

const beginMs = performance.now();
const ending = new AbortController();
const feeding = new AbortController();
const watch = new LiveWatch();
const uplink = runUplink(buffer, ending.signal);
const feed = live(buffer, watch, feeding.signal);
while (!isDrained(buffer)) {
  await systemClock.sleep(LOOK_MS, never);
  watch.look(buffer);
}
const drainSeconds = (performance.now() - beginMs) / 1000;
feeding.abort();
const total = await feed;
while (!watch.isEmpty) {
  await systemClock.sleep(LOOK_MS, never);
  watch.look(buffer);
}
const [p50, p99, max] = [0.5, 0.99, 1].map((share) => watch.latencies.quantile(share));
ending.abort();
await uplink;
await buffer.close();
const figures = {
  samples: total * POINT_COUNT,
  tenths: String(tenths),
  drainSeconds,
  p50,
  p99,
  max,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
