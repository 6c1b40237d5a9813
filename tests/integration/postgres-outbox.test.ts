import { encodeClockBody, hashOf } from "@headgate/sync/block";
import {
  type Arrival,
  changeSink,
  encodeHandover,
  type Handover,
  openPostgresStore,
  openRecord,
} from "@headgate/sync/receiver";
import {
  CONTRACT_LIST,
  plainBlock,
  plainGap,
  sinkOutboxContract,
  thinnableBlock,
  thinnedBlocks,
} from "@headgate/sync/testing";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { Postgres } from "./peers/postgres.ts";

let postgres: Postgres;
beforeAll(async () => {
  postgres = await Postgres.start();
});
afterAll(() => postgres.stop());

async function sinksIn(url: string) {
  const record = await openRecord(url);
  try {
    return (await record.status()).sinks;
  } finally {
    await record.close();
  }
}

describe("the outbox of the PostgreSQL store", () => {
  sinkOutboxContract(it, async () => {
    const url = postgres.url();
    return {
      open: (limits) => openPostgresStore(url, limits),
      sinks: () => sinksIn(url),
      retry: async (sink) => void (await changeSink(url, sink, "retry")),
      tearDown: async () => {},
    };
  });
});

const ALL = { handoversMax: 1000, samplesMax: 1_000_000 };

test("thinned blocks are handed on as they stand in the record", async () => {
  const store = await openPostgresStore(postgres.url());
  await store.addPointList({ gatewayId: "g", ...CONTRACT_LIST });
  await store.outbox.register("a");
  const commit = (entry: Arrival["entry"]) => store.commit([{ gatewayId: "g", entry }], 1);
  await commit(thinnedBlocks(1, 6));
  const [handed] = await store.outbox.next("a", ALL);
  expect(handed?.key).toBe("g/main/e1/1-6/thinned");
  expect(JSON.parse(encodeHandover(handed as Handover))).toMatchObject({
    ...{ k: "thinned", b: 1, b1: 6, n: 21, kept: 3 },
    keep: [
      { b: 1, i: 3, p: "b/z", v: true },
      { b: 4, i: 3, p: "b/z", v: false },
      { b: 6, i: 2, p: "a/y", y: "int", v: "6" },
    ],
    minutes: [{ p: "a/x", min: -6, max: 6, mean: 0, last: -6, n: 12 }],
  });
  await commit(thinnableBlock(4));
  const [less, block] = await store.outbox.next("a", ALL);
  expect(less?.entry).toMatchObject({ keptCount: 2, sampleCount: 18 });
  expect(block?.key).toBe("g/main/e1/4");
  await store.close();
});

test("what was dated anew is handed on again, under another name", async () => {
  const store = await openPostgresStore(postgres.url());
  await store.addPointList({ gatewayId: "g", ...CONTRACT_LIST });
  await store.outbox.register("a");
  const bootId = "00000000000000a1";
  const clock = { bootId, monotonicMs: 1, isSynced: false, step: 0 };
  const told = { bootId, step: 1, offsetMs: 3_600_000, isSynced: true, reason: "set", atMs: 1 };
  const body = encodeClockBody(told);
  const head = { kind: "clock", stream: "main", epoch: "e1", seq: 2, schemaHash: "" } as const;
  const step = { ...head, hash: hashOf(body), body, sampleCount: 0, fromMs: 1, toMs: 1 };
  const commit = (entry: Arrival["entry"]) => store.commit([{ gatewayId: "g", entry }], 1);
  await commit({ ...plainBlock(1), clock });
  const [before] = await store.outbox.next("a", ALL);
  expect(JSON.parse(encodeHandover(before as Handover))).toMatchObject({
    ...{ key: "g/main/e1/1", clock: "unsynced", shift: 0 },
  });
  await store.outbox.done("a", [before?.position ?? 0], 1);
  await commit(step);
  const after = await store.outbox.next("a", ALL);
  expect(after.map(({ key }) => key)).toEqual(["g/main/e1/2", "g/main/e1/1/+3600000ms"]);
  const [was, is] = [before, after[1]].map((one) => {
    const entry = one?.entry;
    return entry?.kind === "data" ? entry.samples.map(({ timestampMs }) => timestampMs) : [];
  });
  expect(is).toEqual(was?.map((ms) => ms + 3_600_000));
  expect(after[1]?.entry).toMatchObject({ dating: { isCorrected: true, shiftMs: 3_600_000 } });
  await store.close();
});

test("a sink is filled again from the record, and forgotten, beside the writer", async () => {
  const url = postgres.url();
  const store = await openPostgresStore(url);
  await store.addPointList({ gatewayId: "g", ...CONTRACT_LIST });
  const entries = [plainBlock(2), plainBlock(1), plainGap(4, 6)];
  await store.commit(
    entries.map((entry) => ({ gatewayId: "g", entry })),
    1,
  );
  const all = { handoversMax: 100, samplesMax: 100_000 };
  await store.outbox.register("a");
  expect(await store.outbox.next("a", all)).toEqual([]);
  expect(await changeSink(url, "a", "refill")).toBe(3);
  const keys = (await store.outbox.next("a", all)).map(({ key }) => key);
  expect(new Set(keys)).toEqual(new Set(["g/main/e1/1", "g/main/e1/2", "g/main/e1/4-6/gap"]));
  expect(await changeSink(url, "a", "forget")).toBe(3);
  expect(await sinksIn(url)).toEqual([]);
  await expect(changeSink(url, "a", "forget")).rejects.toThrow(/knows no sink "a"; it knows none/);
  await expect(store.outbox.next("a", all)).rejects.toThrow(/forgotten/);
  await store.close();
});
