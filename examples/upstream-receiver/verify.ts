import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { STREAM } from "./nats-cluster.ts";
import type { Plant } from "./plant.ts";

/** What the database and the stream hold, against what the gateways made. */
export interface Verdict {
  readonly faults: readonly string[];
  readonly figures: Readonly<Record<string, number | string>>;
}

interface PointRow {
  gateway: string;
  point: string;
  count: string;
  distinct: string;
  least: number;
  most: number;
}

/** Every sample once, and no shard with two owners at a time. */
export async function verify(plant: Plant): Promise<Verdict> {
  const samples = await verifySamples(plant);
  const owners = await verifyOwners(plant);
  const stream = await verifyStream(plant);
  const parts = [samples, owners, stream];
  return {
    faults: parts.flatMap(({ faults }) => faults),
    figures: Object.assign({}, ...parts.map(({ figures }) => figures)),
  };
}

async function verifySamples({ sql, gateways }: Plant): Promise<Verdict> {
  // The n-th sample of a point has the value n.
  const { rows } = await sql.query<PointRow>(
    `select gateway.id as gateway, point.id as point, count(*), count(distinct value) as distinct,
       min(value) as least, max(value) as most
     from sample join point on point.ref = point_ref join gateway on gateway.ref = gateway_ref
     group by gateway.id, point.id`,
  );
  const faults: string[] = [];
  for (const { id, roundCount, pointCount } of gateways) {
    const own = rows.filter(({ gateway }) => gateway === id);
    if (own.length !== pointCount) faults.push(`${id}: ${own.length} points of ${pointCount}`);
    for (const { point, count, distinct, least, most } of own) {
      const isWhole = Number(distinct) === roundCount && least === 0 && most === roundCount - 1;
      if (!isWhole) faults.push(`${id} ${point}: ${distinct} of ${roundCount}`);
      if (count !== distinct) faults.push(`${id} ${point}: ${count} rows, ${distinct} samples`);
    }
  }
  const { rows: epochs } = await sql.query<Record<string, string>>(
    `select sum(samples) as samples, sum(blocks) as blocks, sum(duplicates) as again,
       sum(conflicts) as conflicts, (select count(*) from gap) as gaps from epoch`,
  );
  const [totals = {}] = epochs;
  const { rows: times } = await sql.query<Record<string, number>>(
    `select percentile_cont(array[0.5, 0.99, 1]) within group
       (order by extract(epoch from stored_at) * 1000 - from_ms) as ms from block
     where samples > 0`,
  );
  const made = gateways.reduce((sum, one) => sum + one.roundCount * one.pointCount, 0);
  if (Number(totals.samples) !== made) faults.push(`${totals.samples} stored, ${made} durable`);
  if (Number(totals.conflicts) > 0) faults.push(`${totals.conflicts} conflicts`);
  if (Number(totals.gaps) > 0) faults.push(`${totals.gaps} gaps`);
  const [p50, p99, most] = (times[0]?.ms as unknown as number[]) ?? [];
  const delays = `p50 ${seconds(p50)}, p99 ${seconds(p99)}, longest ${seconds(most)}`;
  return {
    faults,
    figures: {
      "samples durable at the gateways": made,
      "samples stored": Number(totals.samples),
      "blocks stored": Number(totals.blocks),
      "blocks that came again and were dropped": Number(totals.again),
      "from first sample to commit": delays,
    },
  };
}

async function verifyOwners({ sql }: Plant): Promise<Verdict> {
  const { rows: overlaps } = await sql.query<{ shard: string; one: string; other: string }>(
    `select a.shard, a.owner as one, b.owner as other from lease a
     join lease b on a.shard = b.shard and a.token < b.token
     where a.ended_at is null or a.ended_at > b.acquired_at`,
  );
  const { rows: outside } = await sql.query<{ count: string }>(
    `select count(*) from block join epoch on epoch.ref = epoch_ref
     join gateway on gateway.ref = gateway_ref
     left join lease on lease.shard = gateway.shard and lease.token = block.token
     where lease.token is null or stored_at < acquired_at or stored_at > ended_at`,
  );
  const { rows: moves } = await sql.query<{ how: string; count: string }>(
    "select coalesce(how, 'held') as how, count(*) from lease group by how order by how",
  );
  const faults = overlaps.map(({ shard, one, other }) => `shard ${shard}: ${one} and ${other}`);
  const outsideCount = Number(outside[0]?.count);
  if (outsideCount > 0) faults.push(`${outsideCount} blocks were stored outside a lease`);
  const told = moves.map(({ how, count }) => `${how} ${count}`).join(", ");
  return { faults, figures: { leases: told, "blocks stored outside a lease": outsideCount } };
}

async function verifyStream({ sql, nodes }: Plant): Promise<Verdict> {
  const { rows } = await sql.query<{ count: string }>("select count(*) from block");
  const blockCount = Number(rows[0]?.count);
  const servers = nodes.map(({ address }) => address);
  const connection = await connect({ servers, reconnect: false });
  try {
    const admin = await jetstreamManager(connection);
    const { state } = await admin.streams.info(STREAM);
    const isLess = state.messages < blockCount;
    const faults = isLess ? [`JetStream has ${state.messages} of ${blockCount} blocks`] : [];
    return { faults, figures: { "messages in JetStream": state.messages } };
  } finally {
    await connection.close();
  }
}

function seconds(ms: number | undefined): string {
  return `${((ms ?? 0) / 1000).toFixed(2)} s`;
}
