import { readShards } from "@headgate/sync/receiver";
import { Plant } from "./plant.ts";
import type { Service } from "./service.ts";

const TICK_MS = 500;
/** Of each of 20 points, each tick. */
const ROUNDS_PER_TICK = 5;

interface GatewayRow {
  id: string;
  samples: string;
  duplicates: string;
}

/** Three nodes, three receivers, one database, six gateways, until `q` or Ctrl-C. */
async function run(): Promise<void> {
  const say = (text: string) => console.log(text);
  const stopping = new AbortController();
  let isStarted = false;
  // Also when it is said twice, or before all is there: nothing may stay behind.
  const stop = () => (isStarted ? stopping.abort() : process.exit(130));
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, stop);
  const plant = await Plant.start({ gatewayCount: 6, shardCount: 6, pointCount: 20, say });
  isStarted = true;
  const keys = keysOf(plant);
  const onKey = (key: Buffer) => {
    const letter = key.toString();
    if (letter === "q" || letter === "\u0003") stopping.abort();
    const service = keys.get(letter);
    if (service?.isUp) void service.kill();
    else service?.start();
  };
  const { stdin } = process;
  if (stdin.isTTY) stdin.setRawMode(true).on("data", onKey);
  const producing = setInterval(() => {
    for (const gateway of plant.gateways) {
      gateway.produce(ROUNDS_PER_TICK).catch((error: unknown) => say(`${gateway.id}: ${error}`));
    }
  }, TICK_MS);
  try {
    while (!stopping.signal.aborted) {
      await draw(plant, keys);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  } finally {
    clearInterval(producing);
    if (stdin.isTTY) stdin.setRawMode(false).pause();
    say("\nending: gateways, receivers, nodes, database …");
    await plant.end();
    say("ended; nothing is left behind");
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, stop);
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
  const help = "  a digit kills a node and a letter a receiver, or starts it again; q ends";
  const screen = ["", ...lines, "", ...gateways, "", handed, "", help].join("\n");
  process.stdout.write(process.stdout.isTTY ? `\x1b[2J\x1b[H${screen}\n` : `${screen}\n`);
}

await run();
