import { setTimeout as sleep } from "node:timers/promises";
import { readShards } from "@headgate/sync/receiver";
import type { Plant } from "./plant.ts";
import type { Service } from "./service.ts";
import type { ToldToEnd } from "./told-to-end.ts";
import { withPlant } from "./with-plant.ts";

const TICK_MS = 500;
/** Of each of 20 points, each tick. */
const ROUNDS_PER_TICK = 5;

interface GatewayRow {
  id: string;
  samples: string;
  duplicates: string;
}

const say = (text: string) => console.log(text);

/** Three nodes, three receivers, one database, six gateways, until `q` or Ctrl-C. */
async function run(plant: Plant, { signal }: ToldToEnd): Promise<void> {
  const keys = keysOf(plant);
  const onKey = (key: Buffer) => {
    if (signal.aborted) return;
    const service = keys.get(key.toString());
    if (service?.isUp) void service.kill();
    else service?.start();
  };
  const { stdin } = process;
  if (stdin.isTTY) stdin.on("data", onKey);
  const producing = setInterval(() => {
    for (const gateway of plant.gateways) {
      gateway.produce(ROUNDS_PER_TICK).catch((error: unknown) => say(`${gateway.id}: ${error}`));
    }
  }, TICK_MS);
  try {
    while (!signal.aborted) {
      await draw(plant, keys);
      await sleep(1000, undefined, { signal });
    }
  } finally {
    clearInterval(producing);
    stdin.off("data", onKey);
  }
}

function keysOf({ nodes, receivers }: Plant): ReadonlyMap<string, Service> {
  return new Map([
    ...nodes.map(({ service }, at) => [String(at + 1), service] as const),
    ...receivers.map((service, at) => ["abc"[at] ?? "", service] as const),
  ]);
}

async function draw(plant: Plant, keys: ReadonlyMap<string, Service>): Promise<void> {
  const { rows } = await plant.sql.query<GatewayRow>(
    `select gateway.id, sum(samples) as samples, sum(duplicates) as duplicates
     from epoch join gateway on gateway.ref = gateway_ref group by gateway.id`,
  );
  const { shards } = await readShards(plant.storeUrl);
  const sinks = await plant.sql.query<{ handed: string; waiting: string }>(
    "select handed, (select count(*) from outbox where sink_ref = ref) as waiting from sink",
  );
  const lines = [...keys].map(([key, service]) => {
    const own = shards.filter(({ owner }) => owner === service.name).map(({ name }) => name);
    const what = own.length > 0 ? `shards ${own.join(" ")}` : "";
    return `  ${key}  ${service.name.padEnd(12)} ${service.isUp ? "up  " : "DOWN"}  ${what}`;
  });
  const gateways = plant.gateways.map(({ id, shard, backlog, roundCount }) => {
    const row = rows.find((one) => one.id === id);
    const made = String(20 * roundCount).padStart(9);
    const stored = String(row?.samples ?? 0).padStart(9);
    const again = String(row?.duplicates ?? 0).padStart(5);
    return `  ${id}  shard ${shard}  durable ${made}  stored ${stored}  on the way ${backlog
      .toString()
      .padStart(4)} blocks  again ${again}`;
  });
  const bus = sinks.rows[0];
  const handed = `  handed on to JetStream: ${bus?.handed ?? 0}, waiting ${bus?.waiting ?? 0}`;
  const [shard = "00"] = shards.map(({ name }) => name);
  const own = [
    `  for a gateway of your own: url: "${plant.nodes[0]?.mqttUrl}", shard: "${shard}"`,
    `  what is stored of it: headgate receive status --store "${plant.storeUrl}"`,
  ];
  const help = "  a digit kills a node and a letter a receiver, or starts it again; q ends";
  const screen = ["", ...lines, "", ...gateways, "", handed, "", ...own, "", help].join("\n");
  process.stdout.write(process.stdout.isTTY ? `\x1b[2J\x1b[H${screen}\n` : `${screen}\n`);
}

await withPlant({ gatewayCount: 6, shardCount: 6, pointCount: 20, say }, run);
process.exit();
