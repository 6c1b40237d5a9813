import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Misconfigured } from "@headgate/model";
import { describe, expect, it, test } from "vitest";
import { handedEntriesContract } from "../../../testing/handed-entries-contract.ts";
import { CONTRACT_LIST, plainBlock, plainGap } from "../../../testing/receiver-store-contract.ts";
import { sinkOutboxContract } from "../../../testing/sink-outbox-contract.ts";
import { receiveStatus } from "../receive-status.ts";
import { forgetSink, refillSink, retryAside } from "./sink-admin.ts";
import { openSqliteStore } from "./sqlite-store.ts";

const ALL = { handoversMax: 1000, samplesMax: 1_000_000 };

async function setUp() {
  const folder = mkdtempSync(join(tmpdir(), "headgate-outbox-"));
  const path = join(folder, "upstream.db");
  return {
    path,
    open: async (limits = {}) => openSqliteStore(path, limits),
    sinks: async () => receiveStatus(path).sinks,
    retry: async (sink: string) => void retryAside(path, sink),
    tearDown: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

describe("the outbox of the SQLite store", () => {
  sinkOutboxContract(it, setUp);
  handedEntriesContract(it, setUp);
});

test("thousands of references to what is no more are passed over", async () => {
  const { open, tearDown } = await setUp();
  const store = await open();
  await store.outbox.register("a");
  // A gateway that drops its oldest tells of one gap that grows.
  const gaps = Array.from({ length: 12_000 }, (_, at) => plainGap(1, at + 1));
  await store.commit(
    gaps.map((entry) => ({ gatewayId: "g", entry })),
    1,
  );
  const [queued] = await store.outbox.next("a", { handoversMax: 1, samplesMax: 1 });
  expect(queued?.key).toBe("g/main/e1/1-12000/gap");
  await store.close();
  await tearDown();
});

test("a sink is filled again from the record, and forgotten, beside the writer", async () => {
  const { path, open, sinks, tearDown } = await setUp();
  const store = await open();
  await store.addPointList({ gatewayId: "g", ...CONTRACT_LIST });
  const arrivals = [plainBlock(2), plainBlock(1), plainGap(4, 6)];
  await store.commit(
    arrivals.map((entry) => ({ gatewayId: "g", entry })),
    1,
  );
  await store.outbox.register("a");
  expect(await store.outbox.next("a", ALL)).toEqual([]);
  expect(refillSink(path, "a")).toBe(3);
  const keys = (await store.outbox.next("a", ALL)).map(({ key }) => key);
  expect(keys).toEqual(["g/main/e1/1", "g/main/e1/2", "g/main/e1/4-6/gap"]);
  expect(forgetSink(path, "a")).toBe(3);
  expect(await sinks()).toEqual([]);
  expect(() => forgetSink(path, "a")).toThrow(Misconfigured);
  await expect(store.outbox.next("a", ALL)).rejects.toThrow(/forgotten/);
  await store.close();
  await tearDown();
});
