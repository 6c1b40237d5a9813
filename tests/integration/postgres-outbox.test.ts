import { changeSink, openPostgresStore, openRecord } from "@headgate/sync/receiver";
import {
  CONTRACT_LIST,
  handedEntriesContract,
  type OutboxRig,
  plainBlock,
  plainGap,
  sinkOutboxContract,
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
  const setUp = async (): Promise<OutboxRig> => {
    const url = postgres.url();
    return {
      open: (limits) => openPostgresStore(url, limits),
      sinks: () => sinksIn(url),
      retry: async (sink) => void (await changeSink(url, sink, "retry")),
      tearDown: async () => {},
    };
  };
  sinkOutboxContract(it, setUp);
  handedEntriesContract(it, setUp);
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

test("who only looks is told which rights that takes, and needs no more", async () => {
  const url = postgres.url("looked_at");
  const store = await openPostgresStore(url);
  await store.outbox.register("hook");
  await store.close();
  postgres.sql("create role reader login");
  const own = url.replace(/\/\/\w+@/, "//reader@");
  await expect(sinksIn(own)).rejects.toThrow(
    "grant it usage on schema looked_at and select on all",
  );
  await expect(openPostgresStore(own)).rejects.toThrow("let it create a schema");
  postgres.sql("grant usage on schema looked_at to reader");
  await expect(sinksIn(own)).rejects.toThrow(
    "grant it usage on schema looked_at and select on all",
  );
  postgres.sql("grant select on all tables in schema looked_at to reader");
  expect(await sinksIn(own)).toHaveLength(1);
});
