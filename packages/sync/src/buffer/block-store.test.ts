import type { PointList, Stream } from "@headgate/model";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BlockStore } from "./block-store.ts";
import { prepareSchema } from "./schema.ts";
import { openSqlite, type Sqlite } from "./sqlite.ts";
import type { BlockToStore, Commit, StoreQuotas } from "./store-messages.ts";

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
const MEBIBYTE = 2 ** 20;
const QUOTAS: StoreQuotas = {
  capacityBytesMax: MEBIBYTE,
  eventsCapacityBytesMax: MEBIBYTE,
  historyCapacityBytesMax: MEBIBYTE,
  mediaCapacityBytesMax: MEBIBYTE,
  keepAckedBytesMax: 0,
  keepUnsentMsMax: Number.POSITIVE_INFINITY,
  keepRawMs: Number.POSITIVE_INFINITY,
};
const LIMITS = { blocksMax: 1000, bytesMax: 1e9 };

let db: Sqlite;
beforeEach(() => {
  db = openSqlite(":memory:", 0);
  prepareSchema(db);
});
afterEach(() => db.close());

const opened = (quotas: Partial<StoreQuotas> = {}) =>
  new BlockStore(db, { ...QUOTAS, ...quotas, removeMedia: () => {} });

/** Of a body that does not become smaller. */
function block(seq: number, stream: Stream = "main", size = 2000): BlockToStore {
  const bytes = new Uint8Array(size);
  for (let at = 0, state = seq; at < size; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  const about = { kind: "data", sampleCount: 10, fromMs: seq, toMs: seq, schemaHash: "" } as const;
  return { ...about, stream, epoch: stream, seq, bytes, media: null };
}

const blocks = (first: number, last: number, stream: Stream = "main") =>
  Array.from({ length: last - first + 1 }, (_, index) => block(first + index, stream));
const range = (first: number, last: number, stream: Stream = "main") =>
  ({ stream, epoch: stream, first, last }) as const;
const begin = (stream: Stream) => ({ ...NOTHING, epochs: [{ stream, epoch: stream }] });

function numbers(store: BlockStore, stream: Stream = "main"): number[] {
  const { blocks: found } = store.read({ range: range(1, 10_000, stream), ...LIMITS });
  return found.map(({ seq }) => seq);
}

describe("what every uplink has acknowledged", () => {
  test("goes at once where none of it is to be kept", () => {
    const store = opened();
    store.commit({ ...begin("main"), blocks: blocks(1, 5) });
    const { ackedBytes } = store.commit({ ...NOTHING, trims: [range(1, 3)] });
    expect(numbers(store)).toEqual([4, 5]);
    expect(ackedBytes).toBe(0);
  });

  test("stays within its budget, the newest of it", () => {
    const store = opened({ keepAckedBytesMax: 10_000 });
    store.commit({ ...begin("main"), blocks: blocks(1, 20) });
    const { ackedBytes } = store.commit({ ...NOTHING, trims: [range(1, 15)] });
    expect(numbers(store)).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20]);
    expect(ackedBytes).toBeGreaterThan(8000);
    expect(ackedBytes).toBeLessThanOrEqual(10_000);
    expect(store.commit({ ...NOTHING, trims: [range(12, 16)] }).ackedBytes).toBeGreaterThan(8000);
    expect(numbers(store)).toEqual([13, 14, 15, 16, 17, 18, 19, 20]);
  });

  test("goes first when room is needed, and needs no gap record", () => {
    const store = opened({ capacityBytesMax: 80_000, keepAckedBytesMax: MEBIBYTE });
    store.commit({ ...begin("main"), blocks: blocks(1, 20) });
    store.commit({ ...NOTHING, trims: [range(5, 14)] });
    const { usedBytes, gaps } = store.commit({
      ...NOTHING,
      blocks: blocks(21, 30),
      trims: [range(5, 14)],
    });
    expect(gaps).toBeNull();
    expect(usedBytes).toBeLessThanOrEqual(80_000);
    expect(numbers(store)).toEqual(expect.arrayContaining([1, 2, 3, 4, 15, 20, 30]));
    expect(numbers(store)).not.toContain(5);
  });

  test("is known again after opening, and no more once a new uplink lacks it", () => {
    const quotas = { keepAckedBytesMax: MEBIBYTE, capacityBytesMax: 100_000 };
    opened(quotas).commit({ ...begin("main"), blocks: blocks(1, 20), trims: [range(1, 10)] });
    const again = opened(quotas);
    const before = again.space().ackedBytes;
    expect(before).toBeGreaterThan(20_000);
    const { ackedBytes } = again.commit({ ...NOTHING, trims: [range(1, 10)] });
    expect(ackedBytes).toBe(before);
    expect(again.commit({ ...NOTHING, trims: [range(6, 10)] }).ackedBytes).toBe(before / 2);
    again.commit({ ...NOTHING, blocks: blocks(21, 45), trims: [range(6, 10)] });
    expect(again.gaps()).toMatchObject([{ first: 1, reason: "capacity" }]);
    expect(numbers(again)).not.toContain(6);
  });

  test("keeps an old epoch until it goes", () => {
    const store = opened({ keepAckedBytesMax: MEBIBYTE });
    store.commit({ ...begin("main"), blocks: blocks(1, 5) });
    const next = { stream: "main", epoch: "next" } as const;
    const done = { trims: [range(1, 5)], emptyEpochs: ["main"] };
    store.commit({ ...NOTHING, epochs: [next], ...done });
    expect(store.epochs().map(({ epoch }) => epoch)).toEqual(["main", "next"]);
    const small = opened({ keepAckedBytesMax: 1 });
    small.commit({ ...NOTHING, ...done });
    expect(small.epochs().map(({ epoch }) => epoch)).toEqual(["next"]);
    expect(small.space().ackedBytes).toBe(0);
  });
});

describe("quotas", () => {
  test("what every uplink has takes half of the room at most", () => {
    const store = opened({ capacityBytesMax: 80_000, keepAckedBytesMax: MEBIBYTE });
    const all = { blocks: blocks(1, 25), trims: [range(1, 25)] };
    expect(store.commit({ ...begin("main"), ...all }).ackedBytes).toBeLessThanOrEqual(40_000);
    expect(numbers(store).at(-1)).toBe(25);
  });

  test("samples are not pushed out by events, which have room of their own", () => {
    const store = opened({ capacityBytesMax: 75_000 });
    store.commit({ ...begin("main"), blocks: blocks(1, 20) });
    store.commit({ ...begin("events"), blocks: blocks(1, 20, "events") });
    expect([numbers(store).length, numbers(store, "events").length]).toEqual([20, 20]);
  });

  test("events have their own, and take none of the samples'", () => {
    const store = opened({ capacityBytesMax: 100_000, eventsCapacityBytesMax: 30_000 });
    store.commit({ ...begin("main"), blocks: blocks(1, 20) });
    store.commit({ ...begin("events"), blocks: blocks(1, 40, "events") });
    expect(store.gaps()).toMatchObject([{ stream: "events", first: 1, reason: "capacity" }]);
    expect(numbers(store, "events")).toHaveLength(13);
    expect(numbers(store)).toHaveLength(20);
    const again = opened({ capacityBytesMax: 100_000, eventsCapacityBytesMax: 30_000 });
    again.commit({ ...NOTHING, blocks: blocks(41, 41, "events") });
    expect(numbers(again, "events")).toHaveLength(13);
  });

  test("every sample taken is stored or gone, whatever happened", () => {
    const store = opened({ capacityBytesMax: 60_000 });
    store.commit({ ...begin("main"), blocks: blocks(1, 40) });
    const lost = { ...range(41, 42), kind: "gap", sampleCount: 7, fromMs: 1, toMs: 1 } as const;
    store.commit({ ...NOTHING, gaps: [{ ...lost, reason: "disk-full" }] });
    const bad = { range: range(40, 40), reason: "quarantined", note: "" } as const;
    const { totals } = store.commit({ ...NOTHING, replacements: [bad] });
    const gone = store.gaps().reduce((sum, { sampleCount }) => sum + sampleCount, 0);
    const stored = 10 * numbers(store).length;
    const counts = { takenCount: 407, storedCount: stored, thinnedCount: 0, goneCount: gone };
    expect(totals).toEqual(counts);
    expect(stored + gone).toBe(407);
    expect(opened().space().totals).toEqual(counts);
  });

  test("what failed to be stored changes no count", () => {
    const store = opened();
    store.commit({ ...begin("main"), blocks: blocks(1, 2) });
    const before = store.space();
    expect(() => store.commit({ ...NOTHING, blocks: [block(3), block(3)] })).toThrow(/UNIQUE/);
    expect(store.space()).toEqual(before);
    expect(store.epochs()).toMatchObject([{ next: 3 }]);
  });
});

test("what was not sent for too long is given up, by the time that the gateway ran", () => {
  const quotas = { keepUnsentMsMax: 32_000, keepAckedBytesMax: MEBIBYTE };
  const store = opened(quotas);
  const list: PointList = { hash: "h", pointIds: ["a"] };
  store.commit({ ...begin("main"), pointLists: [list], blocks: blocks(1, 3) });
  store.commit({ ...NOTHING, blocks: blocks(4, 6), trims: [range(2, 2)], elapsedMs: 20_000 });
  const trims = [range(2, 2)];
  expect(store.commit({ ...NOTHING, trims, elapsedMs: 11_000 }).gaps).toBeNull();
  const again = opened(quotas);
  again.commit({ ...NOTHING, trims, elapsedMs: 1500 });
  expect(again.gaps()).toMatchObject([
    { first: 1, last: 1, sampleCount: 10, reason: "expired" },
    { first: 3, last: 3, sampleCount: 10, reason: "expired" },
  ]);
  expect(numbers(again)).toEqual([4, 5, 6]);
  again.commit({ ...NOTHING, elapsedMs: 60_000 });
  expect(numbers(again)).toEqual([]);
});

test("what is put back ages from then on, and makes nothing of the current epoch look old", () => {
  const store = opened({ keepUnsentMsMax: 1000 });
  store.commit(begin("main"));
  const { bytes, ...about } = { ...block(5), epoch: "before", pointList: null };
  store.putBack([{ ...about, body: bytes, hash: "" }], []);
  for (let seq = 1; seq <= 4; seq++)
    store.commit({ ...NOTHING, elapsedMs: 300, blocks: [block(seq)] });
  expect(store.gaps()).toEqual([]);
  store.commit({ ...NOTHING, elapsedMs: 300, blocks: [block(5)] });
  expect(store.gaps()).toMatchObject([
    { epoch: "main", first: 1, last: 1 },
    { epoch: "before", first: 5, last: 5 },
  ]);
  const done = { trims: [range(1, 5)], emptyEpochs: ["before"] };
  store.commit({ ...NOTHING, ...done, settledGaps: store.gaps() });
  for (let seq = 6; seq <= 9; seq++) {
    store.commit({ ...NOTHING, elapsedMs: 300, blocks: [block(seq)], trims: [range(1, seq - 1)] });
  }
  expect(store.gaps()).toEqual([]);
});
