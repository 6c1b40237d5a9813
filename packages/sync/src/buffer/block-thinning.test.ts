import type { Sample, Thinned } from "@headgate/model";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BlockBuilder } from "../block/block-builder.ts";
import { pointListOf } from "../block/hash.ts";
import { decodeThinned } from "../block/thinned-body.ts";
import { spansOf } from "../ranges.ts";
import { BlockStore } from "./block-store.ts";
import { NO_QUOTAS } from "./options.ts";
import { prepareSchema } from "./schema.ts";
import { openSqlite, type Sqlite } from "./sqlite.ts";
import type { BlockToStore, Commit, StoreQuotas } from "./store-messages.ts";

const LIST = pointListOf(["a/temperature", "a/energy", "a/running"]);
const SECONDS_PER_BLOCK = 20;
const AT = 1_767_225_600_000;
const NOTHING: Commit = {
  epochs: [],
  pointLists: [],
  blocks: [],
  gaps: [],
  replacements: [],
  cursors: [],
  trims: [],
  settledGaps: [],
  emptyEpochs: [],
  elapsedMs: 0,
};
const QUOTAS = { ...NO_QUOTAS, keepAckedBytesMax: 0, capacityBytesMax: 60_000, keepRawMs: 60_000 };

let db: Sqlite;
beforeEach(() => {
  db = openSqlite(":memory:", 0);
  prepareSchema(db);
});
afterEach(() => db.close());

function opened(quotas: Partial<StoreQuotas> = {}): BlockStore {
  return new BlockStore(db, { ...QUOTAS, ...quotas, removeMedia: () => {} });
}

interface Plant {
  readonly periodMs: number;
  readonly ticks: number;
  readonly points: number;
}

const PLANT: Plant = { periodMs: 1000, ticks: SECONDS_PER_BLOCK, points: 3 };
/** A thermometer alone, asked every other minute. */
const SLOW: Plant = { periodMs: 120_000, ticks: 300, points: 1 };

/** Some time of a thermometer, an energy counter and a motor that seldom changes. */
function block(seq: number, { periodMs, ticks, points }: Plant): BlockToStore {
  const builder = new BlockBuilder();
  let state = seq;
  for (let tick = 0; tick < ticks; tick++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const at = { timestampMs: AT + (seq * ticks + tick) * periodMs, quality: "good" };
    const values = [state / 7, BigInt(seq * 100 + tick), seq % 50 < 25];
    for (const [point, value] of values.slice(0, points).entries()) {
      builder.add({ pointId: "", ...at, value } as Sample, point);
    }
  }
  const { packed: bytes, ...about } = builder.seal();
  const head = { kind: "data", stream: "main", epoch: "e", seq, schemaHash: LIST.hash } as const;
  return { ...head, ...about, bytes, media: null };
}

/** Stores blocks up to `last`, ten at a time, as a gateway does that cannot send. */
function fill(store: BlockStore, last: number, plant = PLANT): void {
  const first = store.epochs()[0]?.next ?? 1;
  for (let next = first; next <= last; next += 10) {
    const count = Math.min(10, last - next + 1);
    const blocks = Array.from({ length: count }, (_, index) => block(next + index, plant));
    const epochs = [{ stream: "main", epoch: "e" }] as const;
    store.commit({ ...NOTHING, epochs, pointLists: [LIST], blocks });
  }
}

function found(store: BlockStore) {
  const range = { stream: "main", epoch: "e", first: 1, last: 100_000 } as const;
  return store.read({ range, blocksMax: 100_000, bytesMax: 1e9 });
}

function countOf({ first, last, body, sampleCount, keptCount }: Thinned): number {
  const counts = decodeThinned(body, last - first + 1).counts;
  const all = counts.reduce((sum, count) => sum + count, 0);
  expect(all).toBe(sampleCount + keptCount);
  return all;
}

test("before anything is dropped the oldest become minutes, and each sample is counted", () => {
  const store = opened();
  fill(store, 200);
  const { blocks, thinned } = found(store);
  expect(store.gaps()).toEqual([]);
  expect(thinned.length).toBeGreaterThan(0);
  expect(thinned.every(({ isSound, epoch }) => isSound && epoch === "e")).toBe(true);
  expect(spansOf([...thinned, ...blocks.map(({ seq }) => ({ first: seq, last: seq }))])).toEqual([
    { first: 1, last: 200 },
  ]);
  const raw = blocks.reduce((sum, { sampleCount }) => sum + sampleCount, 0);
  const minutes = thinned.reduce((sum, entry) => sum + countOf(entry), 0);
  const kept = thinned.reduce((sum, { keptCount }) => sum + keptCount, 0);
  expect(raw + minutes).toBe(200 * 3 * SECONDS_PER_BLOCK);
  expect(store.space().totals).toEqual({
    takenCount: 200 * 3 * SECONDS_PER_BLOCK,
    storedCount: raw + kept,
    thinnedCount: minutes - kept,
    goneCount: 0,
  });
});

test("then the oldest are dropped with a gap record, and the sum stays", () => {
  const store = opened();
  fill(store, 2000, { ...PLANT, periodMs: 10_000 });
  const { totals, usedBytes } = store.space();
  const [gap, ...others] = store.gaps();
  const { thinned, blocks } = found(store);
  expect(others).toEqual([]);
  expect(gap).toMatchObject({ first: 1, reason: "capacity", sampleCount: totals.goneCount });
  expect(gap?.sampleCount).toBe(3 * SECONDS_PER_BLOCK * (gap?.last ?? 0));
  expect(thinned[0]?.first).toBe((gap?.last ?? 0) + 1);
  expect(totals.takenCount).toBe(2000 * 3 * SECONDS_PER_BLOCK);
  expect(totals.storedCount + totals.thinnedCount + totals.goneCount).toBe(totals.takenCount);
  const minutes = thinned.reduce((sum, { sampleCount }) => sum + sampleCount, 0);
  expect(totals.thinnedCount).toBe(minutes);
  expect(usedBytes).toBeLessThanOrEqual(QUOTAS.capacityBytesMax);
  expect(blocks.length).toBeGreaterThan(0);
  expect(store.epochs()).toMatchObject([{ tailSeq: thinned[0]?.first, next: 2001 }]);
});

test("what would not become smaller is left as it is", () => {
  const store = opened();
  fill(store, 100, SLOW);
  expect(found(store).thinned).toEqual([]);
  expect(store.gaps()).toMatchObject([{ first: 1, reason: "capacity" }]);
});

test("the newest stay raw though the disk is full", () => {
  const store = opened({ keepRawMs: 86_400_000 });
  fill(store, 300);
  expect(found(store).thinned).toEqual([]);
  expect(store.gaps()).toMatchObject([{ first: 1, reason: "capacity" }]);
});

test("minutes go when every uplink has all that they stand for, not before", () => {
  const store = opened();
  fill(store, 200);
  const entry = found(store).thinned[0] as Thinned;
  const of = { stream: "main", epoch: "e", first: entry.first } as const;
  store.commit({ ...NOTHING, trims: [{ ...of, last: entry.last - 1 }] });
  expect(found(store).thinned[0]?.first).toBe(entry.first);
  store.commit({ ...NOTHING, trims: [{ ...of, last: entry.last }] });
  expect(found(store).thinned[0]?.first).not.toBe(entry.first);
});

test("minutes are quarantined whole; a block among them that was refused is not there", () => {
  const store = opened();
  fill(store, 200);
  const entry = found(store).thinned[0] as Thinned;
  const { stream, epoch, first, last } = entry;
  const one = { range: { stream, epoch, first, last: first }, note: "" };
  store.commit({ ...NOTHING, replacements: [{ ...one, reason: "quarantined" }] });
  expect(store.gaps()).toEqual([]);
  const all = { range: { stream, epoch, first, last }, note: "" };
  const { totals } = store.commit({
    ...NOTHING,
    replacements: [{ ...all, reason: "quarantined" }],
  });
  const sampleCount = 3 * SECONDS_PER_BLOCK * (last - first + 1);
  expect(store.gaps()).toMatchObject([{ first, last, sampleCount, reason: "quarantined" }]);
  expect(totals.goneCount).toBe(sampleCount);
});

test("a read gives minutes and blocks in turn and stays within its limits", () => {
  const store = opened();
  fill(store, 1500);
  const { thinned } = found(store);
  const range = { stream: "main", epoch: "e", first: 5, last: 100_000 } as const;
  const small = store.read({ range, blocksMax: 3, bytesMax: 1 });
  expect(small.isComplete).toBe(false);
  expect(small.thinned.map(({ first }) => first)).toEqual([thinned[0]?.first]);
  expect(small.blocks).toEqual([]);
  const inside = store.read({ range: { ...range, last: 5 }, blocksMax: 3, bytesMax: 1 });
  expect(inside.thinned).toHaveLength(1);
  expect(inside.isComplete).toBe(true);
});

test("a file that is opened again goes on where it was, and its lists stay known", () => {
  fill(opened(), 200);
  const again = opened();
  const before = again.space().totals;
  expect(again.pointList(LIST.hash)).toEqual(LIST);
  fill(again, 400);
  const { takenCount, thinnedCount } = again.space().totals;
  expect(takenCount - before.takenCount).toBe(200 * 3 * SECONDS_PER_BLOCK);
  expect(thinnedCount).toBeGreaterThan(before.thinnedCount);
});

test("an entry says by which clock its blocks were dated, and no other clock's are in it", () => {
  const store = opened();
  const clockOf = (seq: number) => {
    return { bootId: "00ff00ff00ff00ff", monotonicMs: seq, isSynced: seq > 75, step: 0 };
  };
  for (let first = 1; first <= 200; first += 10) {
    const blocks = Array.from({ length: 10 }, (_, index) => {
      return { ...block(first + index, PLANT), clock: clockOf(first + index) };
    });
    const epochs = [{ stream: "main", epoch: "e" }] as const;
    store.commit({ ...NOTHING, epochs, pointLists: [LIST], blocks });
  }
  const { thinned } = found(store);
  expect(thinned.map(({ clock }) => clock)).toEqual(thinned.map(({ last }) => clockOf(last)));
  expect(thinned.every(({ isSound }) => isSound)).toBe(true);
  expect(thinned.some(({ first, last }) => first <= 75 && last > 75)).toBe(false);
  expect(thinned.some(({ first }) => first === 76)).toBe(true);
});

test("minutes that were acknowledged bit by bit count as acknowledged", () => {
  const store = opened({ keepAckedBytesMax: 30_000 });
  fill(store, 700, { ...PLANT, periodMs: 10_000 });
  const [one, other] = found(store).thinned;
  if (!one || !other) throw new Error("too little was thinned");
  const acknowledged = (last: number) => {
    const trims = [{ stream: "main", epoch: "e", first: one.first, last }] as const;
    return store.commit({ ...NOTHING, trims }).ackedBytes;
  };
  // Blocks of the second went raw, just before they were thinned.
  acknowledged(other.first + 1);
  expect(acknowledged(other.last)).toBeGreaterThan(one.body.length + other.body.length);
});

test("what was put back is older than what comes, which stays raw and is kept longest", () => {
  const store = opened({ keepRawMs: 43_200_000 });
  fill(store, 10);
  const { bytes: body, ...about } = { ...block(7, PLANT), epoch: "before", fromMs: 1, toMs: 1 };
  store.putBack([{ ...about, body, hash: "", pointList: LIST }], []);
  fill(store, 100);
  expect(store.gaps()).toEqual([]);
  fill(store, 300);
  expect(found(store).thinned).toEqual([]);
  expect(store.gaps()).toMatchObject([
    { epoch: "e", first: 1, reason: "capacity" },
    { epoch: "before", first: 7, last: 7, reason: "capacity" },
  ]);
});

test("after a restart many old entries keep no block from being thinned", () => {
  const store = opened({ capacityBytesMax: 90_000 });
  store.commit({ ...NOTHING, epochs: [{ stream: "main", epoch: "e" }], pointLists: [LIST] });
  const times = { fromMs: AT, toMs: AT, hash: "", body: new Uint8Array(1000) };
  const about = { kind: "thinned", stream: "main", epoch: "e", schemaHash: LIST.hash } as const;
  for (let first = 1; first <= 40; first += 2) {
    const counts = { first, last: first + 1, sampleCount: 70_000, keptCount: 0 };
    store.putBack([{ ...about, ...counts, ...times, pointList: LIST }], []);
  }
  fill(store, 100);
  const before = store.space().usedBytes;
  expect(before).toBeLessThan(80_000);
  expect(found(store).thinned).toHaveLength(20);
  const blocks = Array.from({ length: 80 }, (_, index) => block(101 + index, PLANT));
  store.commit({ ...NOTHING, blocks });
  expect(store.gaps()).toEqual([]);
  expect(found(store).thinned.length).toBeGreaterThan(20);
});

test.each([
  ["before its blocks are read", 200, 0],
  ["while they are being taken", 230, 20_000],
])("no entry stands for what was acknowledged %s", (_, from, keepAckedBytesMax) => {
  const store = opened({ keepAckedBytesMax });
  fill(store, 110);
  const trims = [{ stream: "main", epoch: "e", first: 150, last: 152 }] as const;
  for (let seq = 111; seq <= 400; seq++) {
    const blocks = [block(seq, PLANT)];
    store.commit({ ...NOTHING, blocks, trims: seq < from ? [] : trims });
  }
  const { thinned } = found(store);
  expect(thinned.some(({ first }) => first > 152)).toBe(true);
  expect(thinned.filter(({ first, last }) => first <= 152 && last >= 150)).toEqual([]);
});
