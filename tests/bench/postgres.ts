import { openPostgresStore } from "@headgate/sync/receiver";
import { madeBlock, pointListOfSize } from "../integration/peers/made-blocks.ts";
import { Postgres } from "../integration/peers/postgres.ts";
import type { Figure } from "./figure.ts";

const GATEWAYS = 20;
const POINTS = 500;
/** What a receiver puts into one transaction. */
const SLICE_BLOCKS = 100;
const TICKS_PER_SECOND = 100;

/** Blocks of 500 samples from 20 gateways, committed one slice after the other, with fsync. */
export async function postgresStore(seconds: number): Promise<Figure[]> {
  const settings = { fsync: "on", shared_buffers: "256MB", max_wal_size: "2GB" };
  const postgres = await Postgres.start({ settings });
  const store = await openPostgresStore(postgres.url("bench"));
  try {
    const list = pointListOfSize(POINTS);
    await store.addPointList({ gatewayId: "g", ...list });
    const blocks = Array.from({ length: 50 }, (_, at) => madeBlock(list, at + 1));
    const begin = { cpu: process.cpuUsage(), wal: walBytes(postgres), atMs: performance.now() };
    const serverTicks = postgres.cpuTicks();
    const commitsMs: number[] = [];
    let next = 0;
    while (performance.now() - begin.atMs < seconds * 1000) {
      const arrivals = Array.from({ length: SLICE_BLOCKS }, (_, at) => {
        const number = next * (SLICE_BLOCKS / GATEWAYS) + Math.floor(at / GATEWAYS) + 1;
        const block = blocks[number % blocks.length] as (typeof blocks)[number];
        return { gatewayId: `g-${at % GATEWAYS}`, entry: { ...block, seq: number } };
      });
      next++;
      const startMs = performance.now();
      await store.commit(arrivals, Date.now());
      commitsMs.push(performance.now() - startMs);
    }
    const elapsedSeconds = (performance.now() - begin.atMs) / 1000;
    const { user, system } = process.cpuUsage(begin.cpu);
    const own = (user + system) / 1e6;
    const server = (postgres.cpuTicks() - serverTicks) / TICKS_PER_SECOND;
    const samples = next * SLICE_BLOCKS * POINTS;
    commitsMs.sort((a, b) => a - b);
    const wal = walBytes(postgres) - begin.wal;
    const perSample = (unit: string) => ({ unit: `${unit} a sample` });
    return [
      { name: "samples", unit: "a second", value: samples / elapsedSeconds },
      { name: "samples per core", unit: "a second", value: samples / (own + server) },
      { name: "receiver cpu", ...perSample("µs"), value: (own * 1e6) / samples },
      { name: "server cpu", ...perSample("µs"), value: (server * 1e6) / samples },
      { name: "commit median", unit: "ms", value: commitsMs[commitsMs.length >> 1] ?? 0 },
      { name: "commit max", unit: "ms", value: commitsMs.at(-1) ?? 0 },
      { name: "wal", ...perSample("bytes"), value: wal / samples },
      ...sizesOf(postgres, samples),
    ];
  } finally {
    await store.close();
    await postgres.stop();
  }
}

function walBytes(postgres: Postgres): number {
  return Number(postgres.sql("select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"));
}

function sizesOf(postgres: Postgres, samples: number): Figure[] {
  const names = postgres.sql(
    `select indexrelid::regclass from pg_index where indrelid = 'bench.sample'::regclass`,
  );
  const relations = ["bench.sample", ...names.split("\n").filter((name) => name !== "")];
  return relations.map((name) => ({
    name: `size of ${name.replace("bench.", "")}`,
    unit: "bytes a sample",
    value: Number(postgres.sql(`select pg_relation_size('${name}')`)) / samples,
  }));
}
