import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { openStore } from "@headgate/sync/receiver";
import { CONTRACT_LIST, thinnableBlock, thinnedBlocks } from "@headgate/sync/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exportReceived, type ReceivedToExport } from "./receive-export.ts";

const { signal } = new AbortController();
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-receive-export-"));
  path = join(folder, "upstream.db");
});
afterEach(() => rm(folder, { recursive: true }));

async function exported(options: ReceivedToExport): Promise<object[]> {
  const out = new PassThrough();
  const all = text(out);
  await exportReceived(path, options, { out, signal });
  out.end();
  const lines = (await all).split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as object);
}

test("samples that were kept are exported like others, minutes by themselves", async () => {
  const store = await openStore(path);
  await store.addPointList({ gatewayId: "g", ...CONTRACT_LIST });
  const entries = [thinnedBlocks(1, 3), thinnableBlock(4)];
  await store.commit(
    entries.map((entry) => ({ gatewayId: "g", entry })),
    1,
  );
  await store.close();
  const of = { gateway: "g", epoch: "e1", quality: "good" };
  expect(await exported({})).toMatchObject([
    { ...of, point: "b/z", value: true, block: 1, index: 3 },
    { ...of, point: "a/y", value: 3, block: 3, index: 2 },
    ...[0, 1, 2, 3].map((index) => ({ ...of, block: 4, index })),
  ]);
  const figures = { min: -3, max: 3, mean: 0, last: -3, count: 6 };
  expect(await exported({ isThinned: true })).toEqual([
    { ...of, point: "a/x", t: 1_767_225_600_000, ...figures, firstBlock: 1, lastBlock: 3 },
  ]);
  expect(await exported({ isThinned: true, point: "a/y" })).toEqual([]);
});

test("what a device remembered is exported as backfilled, and nothing else", async () => {
  const store = await openStore(path);
  await store.addPointList({ gatewayId: "g", ...CONTRACT_LIST });
  const late = { ...thinnableBlock(1), stream: "history", epoch: "e2" } as const;
  for (const entry of [thinnableBlock(1), late]) await store.commit([{ gatewayId: "g", entry }], 1);
  await store.close();
  const told = (await exported({})) as { epoch: string; backfilled?: boolean }[];
  expect(new Set(told.map(({ epoch, backfilled }) => `${epoch} ${backfilled}`))).toEqual(
    new Set(["e1 undefined", "e2 true"]),
  );
});
