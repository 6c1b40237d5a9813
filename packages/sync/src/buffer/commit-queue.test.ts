import { expect, test } from "vitest";
import { CommitQueue } from "./commit-queue.ts";
import type { BlockToStore } from "./store-messages.ts";

/** Of a block of 100 bytes. */
const COST = 1124;
const NOTHING = { trims: [], gaps: [], emptyEpochs: [] };

function block(seq: number, size = 100): BlockToStore {
  const place = { stream: "main", epoch: "e", seq } as const;
  const about = { kind: "data", sampleCount: 10, fromMs: seq, toMs: seq, schemaHash: "" } as const;
  return { ...place, ...about, bytes: new Uint8Array(size), media: null };
}

test("beyond its bound the oldest data becomes one gap, but never what is on its way", () => {
  const queue = new CommitQueue(3.5 * COST);
  for (const seq of [1, 2]) queue.push(block(seq), null);
  const commit = queue.take(NOTHING, []);
  for (const seq of [3, 4, 5, 6]) queue.push(block(seq), null);
  expect(queue.shed()).toBe(30);
  expect(queue.blocks.map(({ seq }) => seq)).toEqual([1, 2, 6]);
  queue.done(commit);
  const next = queue.take(NOTHING, []);
  expect(next.blocks.map(({ seq }) => seq)).toEqual([6]);
  const span = { kind: "gap", stream: "main", epoch: "e", first: 3, last: 5 };
  expect(next.gaps).toEqual([
    { ...span, sampleCount: 30, fromMs: 3, toMs: 5, reason: "disk-full" },
  ]);
});

test("a failed commit leaves all in place, and nothing is counted twice", () => {
  const queue = new CommitQueue(1.5 * COST);
  for (const seq of [1, 2]) queue.push(block(seq), null);
  queue.shed();
  const first = queue.take(NOTHING, []);
  queue.push(block(3), null);
  queue.failed();
  queue.shed();
  const second = queue.take(NOTHING, []);
  expect(first.gaps[0]).toMatchObject({ first: 1, last: 1, sampleCount: 10 });
  expect(second.gaps).toHaveLength(1);
  expect(second.gaps[0]).toMatchObject({ first: 1, last: 2, sampleCount: 20 });
  expect(second.blocks.map(({ seq }) => seq)).toEqual([3]);
});

test("who waits for a number is told at its head, or rejected at the end", async () => {
  const queue = new CommitQueue(1000);
  const early = queue.durable("e", 2);
  const late = queue.durable("e", 3);
  queue.published((epoch) => (epoch === "e" ? 2 : 0));
  await expect(early).resolves.toBe(2);
  queue.rejectAll(new Error("closed"));
  await expect(late).rejects.toThrow("closed");
});

test("a point list is handed over once, and again to a database that was opened anew", () => {
  const queue = new CommitQueue(1000);
  const list = { hash: "h", pointIds: ["a"] };
  queue.push(block(1), list);
  const commit = queue.take(NOTHING, []);
  expect(commit.pointLists).toEqual([list]);
  queue.done(commit);
  queue.push(block(2), list);
  expect(queue.take(NOTHING, []).pointLists).toEqual([]);
  queue.failed();
  queue.forgetLists();
  expect(queue.take(NOTHING, []).pointLists).toEqual([list]);
});

test("a gap waits until the blocks before it are on their way", () => {
  const queue = new CommitQueue(1e6);
  for (let seq = 1; seq <= 130; seq++) queue.push(block(seq), null);
  queue.lose(block(131));
  const first = queue.take(NOTHING, []);
  expect(first.blocks).toHaveLength(128);
  expect(first.gaps).toEqual([]);
  queue.done(first);
  const second = queue.take(NOTHING, []);
  expect(second.blocks.map(({ seq }) => seq)).toEqual([129, 130]);
  expect(second.gaps).toMatchObject([{ first: 131, last: 131 }]);
});

test("who waits for a block that is given up is told so, the others wait on", async () => {
  const queue = new CommitQueue(1.5 * COST);
  queue.push(block(1), null);
  const given = queue.durable("e", 1);
  queue.push(block(2), null);
  const kept = queue.durable("e", 2);
  expect(queue.shed()).toBe(10);
  await expect(given).rejects.toThrow(/given up/);
  queue.published(() => 2);
  await expect(kept).resolves.toBe(2);
});

test("many small blocks do not outgrow the bound", () => {
  const queue = new CommitQueue(100 * 1024);
  for (let seq = 1; seq <= 1000; seq++) {
    queue.push(block(seq, 1), null);
    queue.shed();
  }
  expect(queue.blocks.length).toBeLessThan(100);
});

test("however many lists there were, those of blocks that wait go to a database begun anew", () => {
  const queue = new CommitQueue(1e6);
  const listOf = (no: number) => ({ hash: `h${no}`, pointIds: [`p${no}`] });
  for (let no = 1; no <= 20; no++) queue.push(block(no), listOf(no));
  queue.done(queue.take(NOTHING, []));
  queue.push({ ...block(21), schemaHash: "h1" }, listOf(1));
  for (let no = 30; no <= 60; no++) {
    queue.push({ ...block(no), schemaHash: `h${no}` }, listOf(no));
  }
  queue.forgetLists();
  const told = queue.take(NOTHING, []).pointLists.map(({ hash }) => hash);
  expect(told).toEqual(expect.arrayContaining(["h1", "h30", "h60"]));
});
