import { Unreachable } from "@headgate/model";
import { keepShards, type OwnedShard, openPostgresStore } from "@headgate/sync/receiver";
import { CONTRACT_LIST, plainBlock } from "@headgate/sync/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { contextOf } from "./peers/made-blocks.ts";
import { Postgres } from "./peers/postgres.ts";

let postgres: Postgres;
beforeAll(async () => {
  postgres = await Postgres.start();
});
afterAll(() => postgres.stop());

const of = (seq: number) => [{ gatewayId: "g", entry: plainBlock(seq) }];

test.each([
  ["another one owns it", "owner = 'other', token = token + 1"],
  ["it was handed over", "owner = null, expires_at = null"],
])("an owner whose shard is not its own any more commits nothing: %s", async (_what, change) => {
  const store = postgres.url();
  const schema = new URL(store).searchParams.get("schema");
  const stopping = new AbortController();
  let isKept = (_shard: OwnedShard) => {};
  const kept = new Promise<OwnedShard>((resolve) => {
    isKept = resolve;
  });
  const run = (shard: OwnedShard, signal: AbortSignal) => {
    isKept(shard);
    return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  };
  // Renewed so seldom that it does not hear of what happens here.
  const options = { store, instance: "me", shards: ["0"], leaseMs: 600_000, run };
  const ended = keepShards(options, contextOf(stopping.signal), () => {});
  const own = await (await kept).openStore();
  await own.addPointList({ gatewayId: "g", ...CONTRACT_LIST });
  expect(await own.commit(of(1), 1)).toEqual(["stored"]);
  postgres.sql(`update ${schema}.shard set ${change}`);
  await expect(own.commit(of(2), 1)).rejects.toThrow(Unreachable);
  expect(postgres.sql(`select array_agg(seq) from ${schema}.block`)).toBe("{1}");
  await expect((await kept).openStore()).rejects.toThrow(Unreachable);
  stopping.abort();
  await ended;
  // Whoever comes next finds what was committed, and no more.
  const next = await openPostgresStore(store);
  expect(await next.recall("g")).toMatchObject([{ covered: [{ first: 1, last: 1 }] }]);
  await next.close();
});

test("what a gateway has is known though it moved to another shard", async () => {
  const store = await openPostgresStore(postgres.url("moved"));
  await store.addPointList({ gatewayId: "g", ...CONTRACT_LIST });
  await store.commit(of(1), 1);
  await store.close();
  postgres.sql("update moved.gateway set shard = '07'");
  const again = await openPostgresStore(postgres.url("moved"));
  expect(again.standing("g", 9)).toEqual([]);
  expect(await again.recall("g")).toMatchObject([
    { epoch: "e1", covered: [{ first: 1, last: 1 }] },
  ]);
  await again.close();
});
