import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { moveShard, readShards } from "@headgate/sync/receiver";
import type { EdgeGateway } from "./edge-gateway.ts";
import type { Plant } from "./plant.ts";
import { until } from "./service.ts";
import { verify } from "./verify.ts";
import { withPlant } from "./with-plant.ts";

const TICK_MS = 500;
const DRAIN_MS_MAX = 300_000;

const { values } = parseArgs({
  options: {
    gateways: { type: "string", default: "50" },
    points: { type: "string", default: "20" },
    shards: { type: "string", default: "12" },
    rate: { type: "string", default: "10000" },
    seconds: { type: "string", default: "90" },
  },
});
const gatewayCount = Number(values.gateways);
const pointCount = Number(values.points);
const rate = Number(values.rate);
const durationMs = 1000 * Number(values.seconds);

const startMs = performance.now();
const say = (text: string) => {
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1).padStart(6);
  console.log(`${seconds} s  ${text}`);
};

/** Samples at a steady rate, as far as the buffer takes them. */
async function produce(gateway: EdgeGateway, signal: AbortSignal): Promise<void> {
  const roundsPerMs = rate / gatewayCount / pointCount / 1000;
  const fromMs = performance.now();
  let asked = 0;
  while (!signal.aborted) {
    const rounds = Math.floor((performance.now() - fromMs) * roundsPerMs) - asked;
    asked += rounds;
    if (rounds > 0) await gateway.produce(rounds);
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
}

/** What happens, and when, as parts of the whole time. */
function faultsOf(
  plant: Plant,
  signal: AbortSignal,
): readonly [number, string, () => Promise<void> | void][] {
  const { nodes, receivers, storeUrl } = plant;
  const [, node] = nodes;
  const [, receiver] = receivers;
  return [
    [0.15, "kill -9 of nats-2", () => node?.service.kill()],
    [0.35, "nats-2 is started again", () => node?.service.start()],
    [0.5, "kill -9 of receiver-2", () => receiver?.kill()],
    [0.65, "receiver-2 is started again", () => receiver?.start()],
    [
      0.8,
      "a shard is moved",
      async () => {
        const { shards } = await readShards(storeUrl);
        const shard = shards.find(({ owner }) => owner === "receiver-1");
        if (shard === undefined) throw new Error("receiver-1 owns nothing");
        await moveShard(storeUrl, shard.name, "receiver-3");
        const isThere = async () => {
          const now = (await readShards(storeUrl)).shards;
          return now.find(({ name }) => name === shard.name)?.owner === "receiver-3";
        };
        await until("the shard at receiver-3", isThere, { signal });
        say(`shard ${shard.name} went from receiver-1 to receiver-3`);
      },
    ],
  ];
}

async function drained(plant: Plant, signal: AbortSignal): Promise<void> {
  const patience = { signal, withinMs: DRAIN_MS_MAX };
  const onTheWay = () => plant.gateways.reduce((sum, { backlog }) => sum + backlog, 0);
  say(`production has ended; ${onTheWay()} blocks are on the way`);
  await until("an acknowledgement of everything", () => onTheWay() === 0, patience);
  say("everything is acknowledged");
  const isHandedOn = async () => {
    const { rows } = await plant.sql.query<{ count: string }>("select count(*) from outbox");
    return Number(rows[0]?.count) === 0;
  };
  await until("everything handed on", isHandedOn, patience);
}

/** Samples for the whole time, and what happens meanwhile. */
async function endure(plant: Plant, signal: AbortSignal): Promise<void> {
  const stopping = new AbortController();
  const producing = plant.gateways.map((gateway) => produce(gateway, stopping.signal));
  const fromMs = performance.now();
  const reach = (part: number) =>
    sleep(Math.max(0, fromMs + part * durationMs - performance.now()), undefined, { signal });
  say(`${gatewayCount} gateways, ${rate} samples/s, for ${durationMs / 1000} s`);
  try {
    for (const [part, what, act] of faultsOf(plant, signal)) {
      await reach(part);
      say(what);
      await act();
    }
    await reach(1);
  } finally {
    stopping.abort();
    await Promise.all(producing);
  }
}

async function prove(plant: Plant, signal: AbortSignal): Promise<boolean> {
  const producedFromMs = performance.now();
  await endure(plant, signal);
  const producedMs = performance.now() - producedFromMs;
  await drained(plant, signal);
  const { faults, figures } = await verify(plant);
  const made = Number(figures["samples durable at the gateways"]);
  const all = { ...figures, "samples/s": Math.round((1000 * made) / producedMs) };
  for (const [name, value] of Object.entries(all)) say(`${name}: ${value}`);
  for (const fault of faults.slice(0, 20)) say(`FAULT ${fault}`);
  say(faults.length === 0 ? "complete, exactly once, one owner at a time" : "NOT AS PROMISED");
  return faults.length === 0;
}

const size = { gatewayCount, shardCount: Number(values.shards), pointCount };
let isProved = false;
await withPlant({ ...size, say }, async (plant, { signal }) => {
  isProved = await prove(plant, signal);
});
process.exit(isProved ? 0 : 1);
