import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Misconfigured, Unreachable } from "@headgate/model";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { clockCorrectionContract } from "../../../testing/clock-correction-contract.ts";
import {
  blockOfSamples,
  CONTRACT_LIST,
  plainBlock,
  plainGap,
  receiverStoreContract,
} from "../../../testing/receiver-store-contract.ts";
import { thinnedStoreContract } from "../../../testing/thinned-store-contract.ts";
import { hashOf } from "../../block/hash.ts";
import { encodeMediaBody } from "../../block/media-body.ts";
import type { ReceivedBlock } from "../../protocol/received-entry.ts";
import { exportMinutes } from "../export-minutes.ts";
import { exportRecord } from "../export-record.ts";
import { type ReceivedEpoch, receiveStatus } from "../receive-status.ts";
import type { Arrival } from "../store.ts";
import { connect } from "./connection.ts";
import { openSqliteStore } from "./sqlite-store.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "headgate-store-"));
  path = join(folder, "upstream.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const samplesIn = () => [...exportRecord(path, {})];
const of = (...entries: Arrival["entry"][]) => entries.map((entry) => ({ gatewayId: "g", entry }));
async function opened() {
  const store = openSqliteStore(path);
  await store.addPointList({ gatewayId: "g", ...CONTRACT_LIST });
  return store;
}

describe("the SQLite store", () => {
  const rig = {
    open: async () => openSqliteStore(path),
    samples: async () => samplesIn(),
    status: async () => receiveStatus(path).epochs[0] as ReceivedEpoch,
    minutes: async () => [...exportMinutes(path, {})],
    tearDown: async () => {},
  };
  receiverStoreContract(it, async () => rig);
  thinnedStoreContract(it, async () => rig);
  clockCorrectionContract(it, async () => rig);
});

const BLOCKS_MAX = 12;
const anyArrival = fc.oneof(
  { weight: 6, arbitrary: fc.record({ seq: fc.integer({ min: 1, max: BLOCKS_MAX }) }) },
  { weight: 1, arbitrary: fc.record({ forked: fc.integer({ min: 1, max: BLOCKS_MAX }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      first: fc.integer({ min: 1, max: BLOCKS_MAX }),
      length: fc.integer({ min: 0, max: 4 }),
    }),
  },
);
type AnyArrival = { seq: number } | { forked: number } | { first: number; length: number };

function entryOf(any: AnyArrival): Arrival["entry"] {
  if ("seq" in any) return plainBlock(any.seq);
  if ("forked" in any) return plainBlock(any.forked, 1000);
  return plainGap(any.first, any.first + any.length);
}

/** The rules in their plainest form. */
function oracleOf(entries: readonly Arrival["entry"][]) {
  const kept = new Map<number, ReceivedBlock>();
  const gone = new Set<number>();
  let [duplicates, conflicts] = [0, 0];
  for (const entry of entries) {
    if (!("seq" in entry)) {
      for (let seq = entry.first; seq <= entry.last; seq++) if (!kept.has(seq)) gone.add(seq);
      continue;
    }
    const first = kept.get(entry.seq);
    if (first === undefined) kept.set(entry.seq, entry);
    else if (first.hash === entry.hash) duplicates++;
    else conflicts++;
    gone.delete(entry.seq);
  }
  return { kept, gone, duplicates, conflicts };
}

test("any order, repetition and fork leaves each sample once, as a plain oracle says", async () => {
  const arrivalsOf = fc.array(anyArrival, { maxLength: 40 });
  const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 9 });
  await fc.assert(
    fc.asyncProperty(arrivalsOf, sizes, fc.boolean(), async (anys, cuts, isReopened) => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      const entries = anys.map(entryOf);
      let store = await opened();
      for (let at = 0, turn = 0; at < entries.length; turn++) {
        const size = cuts[turn % cuts.length] ?? 1;
        await store.commit(of(...entries.slice(at, at + size)), 1);
        at += size;
        if (isReopened && turn % 3 === 0) {
          await store.close();
          store = openSqliteStore(path);
        }
      }
      const { kept, gone, duplicates, conflicts } = oracleOf(entries);
      const covered = store.standing("g", 1)[0]?.covered ?? [];
      await store.close();
      const wanted = [...kept.keys()].sort((a, b) => a - b);
      const samples = samplesIn();
      expect(samples.map(({ block, index }) => [block, index])).toEqual(
        wanted.flatMap((seq) => [0, 1, 2].map((index) => [seq, index])),
      );
      for (const { block, index, value } of samples) {
        const isForked = kept.get(block)?.hash === plainBlock(block, 1000).hash;
        expect(value).toBe(10 * block + index + (isForked ? 1000 : 0));
      }
      const numbers = covered.flatMap(({ first, last }) =>
        Array.from({ length: last - first + 1 }, (_, at) => first + at),
      );
      expect(numbers).toEqual([...wanted, ...gone].sort((a, b) => a - b));
      const epoch = receiveStatus(path).epochs[0];
      if (epoch === undefined) return;
      expect(epoch.conflictCount).toBe(conflicts);
      expect(epoch.duplicateCount).toBeGreaterThanOrEqual(duplicates);
      expect(epoch.sampleCount).toBe(samples.length);
      expect(epoch.holes).toEqual(holesIn(numbers));
    }),
    { numRuns: 30 },
  );
}, 60_000);

function holesIn(numbers: readonly number[]): { first: number; last: number }[] {
  return numbers.flatMap((number, at) => {
    const before = numbers[at - 1] ?? 0;
    return number > before + 1 ? [{ first: before + 1, last: number - 1 }] : [];
  });
}

test("what no row can hold is refused and told; whatever comes with it is kept", async () => {
  const store = await opened();
  const broken = { ...plainBlock(2), fromMs: 1.5 };
  const verdicts = await store.commit(of(plainBlock(1), broken, plainBlock(3)), 1);
  expect(verdicts).toEqual(["stored", "refused", "stored"]);
  expect(samplesIn()).toHaveLength(6);
  expect(receiveStatus(path).refused).toMatchObject([
    { gateway: "g", count: 1, reason: expect.stringMatching(/main e1 block 2: .*cannot take/) },
  ]);
  expect(await store.commit(of(plainBlock(1), plainBlock(2)), 1)).toEqual(["duplicate", "stored"]);
  await store.close();
});

test("a transaction that fails for the store's sake keeps nothing", async () => {
  const store = await opened();
  const other = connect(path, { timeout: 0 });
  other.exec("begin immediate");
  await expect(store.commit(of(plainBlock(1)), 1)).rejects.toThrow(Unreachable);
  other.exec("rollback");
  other.close();
  expect(store.standing("g", 1)).toEqual([]);
  expect(samplesIn()).toEqual([]);
  expect(await store.commit(of(plainBlock(1)), 1)).toEqual(["stored"]);
  await store.close();
});

test("a second writer is turned away, and comes in once the first has gone", async () => {
  const store = await opened();
  expect(() => openSqliteStore(path)).toThrow(Misconfigured);
  expect(receiveStatus(path).isComplete).toBe(true);
  await store.close();
  await openSqliteStore(path).close();
});

test("what expired takes nothing from a gap that counts", async () => {
  const store = await opened();
  const counted = { ...plainGap(3, 3), reason: "quarantined" as const };
  const expired = { ...plainGap(1, 5), reason: "expired" as const, sampleCount: 0 };
  await store.commit(of(plainBlock(1), counted, expired, expired), 0);
  const [epoch] = receiveStatus(path).epochs;
  expect(epoch).toMatchObject({ contiguousEnd: 5, duplicateCount: 1 });
  expect(epoch?.gaps).toMatchObject([
    { first: 2, last: 2, reason: "expired" },
    { first: 3, last: 3, reason: "quarantined" },
    { first: 4, last: 5, reason: "expired" },
  ]);
  await store.close();
});

test("a gap keeps the count of what is really missing", async () => {
  const store = await opened();
  await store.commit(of(plainBlock(3), plainGap(2, 5), plainBlock(5), plainBlock(8)), 1);
  const [epoch] = receiveStatus(path).epochs;
  expect(epoch?.gaps).toMatchObject([{ first: 2, last: 4, sampleCount: 6, reason: "capacity" }]);
  expect(epoch?.holes).toEqual([
    { first: 1, last: 1 },
    { first: 6, last: 7 },
  ]);
  await store.commit(of(plainBlock(2), plainBlock(4), plainGap(1, 7)), 1);
  const [later] = receiveStatus(path).epochs;
  expect(later?.gaps).toMatchObject([{ first: 1, last: 7, sampleCount: 21 - 12 }]);
  expect(later?.contiguousEnd).toBe(8);
  await store.close();
});

describe("a picture", () => {
  function pictureOf(seq: number, name: string, bytes: Uint8Array): ReceivedBlock {
    const about = { name, contentType: "image/jpeg", pointId: "cam/snapshot", timestampMs: 5 };
    const body = encodeMediaBody({ ...about, bytes });
    const head = { kind: "media", stream: "media", epoch: "m1", seq, schemaHash: "" } as const;
    return { ...head, sampleCount: 1, fromMs: 5, toMs: 5, hash: hashOf(body), body };
  }

  it("becomes a file of its name beside the store", async () => {
    const store = await opened();
    const bytes = new Uint8Array([255, 216, 1, 2, 3]);
    await store.commit(of(pictureOf(1, "cam/snapshot/1.jpg", bytes)), 1);
    await store.close();
    const file = join(`${path}.media`, "g", "cam", "snapshot", "1.jpg");
    expect([...readFileSync(file)]).toEqual([...bytes]);
  });

  it("never leaves the folder, and never takes another's place", async () => {
    const store = await opened();
    const [one, two] = [new Uint8Array([1]), new Uint8Array([2])];
    const evil = pictureOf(1, "../../../evil.jpg", one);
    await store.commit(of(evil, pictureOf(2, "a.jpg", one), pictureOf(3, "a.jpg", two)), 1);
    await store.close();
    expect(existsSync(join(folder, "evil.jpg"))).toBe(false);
    const own = join(`${path}.media`, "g");
    expect([...readFileSync(join(own, "a.jpg"))]).toEqual([1]);
    expect(readdirSync(own).sort()).toEqual(["_", "a.jpg", "a.jpg.m1-3"].sort());
  });
});

test.each([
  ["of long words", "七号牧场".repeat(40)],
  ["of many folders", "a/".repeat(3000)],
  ["of nothing", ""],
  ["that is a folder by now", "cam"],
  ["below a file", "cam/1.jpg/2.jpg"],
])("a picture with a name %s is kept, and blocks beside it", async (_what, name) => {
  const store = await opened();
  const bytes = new Uint8Array([7]);
  const about = { contentType: "image/jpeg", pointId: "cam/snapshot", timestampMs: 5, bytes };
  const pictureOf = (seq: number, named: string): ReceivedBlock => {
    const body = encodeMediaBody({ ...about, name: named });
    const head = { kind: "media", stream: "media", epoch: "m1", seq, schemaHash: "" } as const;
    return { ...head, sampleCount: 1, fromMs: 5, toMs: 5, hash: hashOf(body), body };
  };
  const arrivals = [pictureOf(1, "cam/1.jpg"), pictureOf(2, name), plainBlock(1)];
  expect(await store.commit(of(...arrivals), 1)).toEqual(["stored", "stored", "stored"]);
  await store.close();
});

test.each([1.5, 1e300])("a picture taken at %s is refused, and harms no block", async (at) => {
  const store = await opened();
  const about = { name: "a.jpg", contentType: "image/jpeg", pointId: "cam/a", timestampMs: at };
  const body = encodeMediaBody({ ...about, bytes: new Uint8Array([7]) });
  const head = { kind: "media", stream: "media", epoch: "m1", seq: 1, schemaHash: "" } as const;
  const picture = { ...head, sampleCount: 1, fromMs: 5, toMs: 5, hash: hashOf(body), body };
  expect(await store.commit(of(picture, plainBlock(1)), 1)).toEqual(["refused", "stored"]);
  await store.close();
});

test("an export of one point and a time holds just that", async () => {
  const store = await opened();
  const at = (seq: number, timestampMs: number, value: number) =>
    blockOfSamples(seq, [
      { pointId: "a/x", timestampMs, quality: "good", value },
      { pointId: "a/y", timestampMs, quality: "good", value: -value },
    ]);
  await store.commit(of(at(1, 100, 1), at(2, 200, 2), at(3, 300, 3)), 1);
  const only = [...exportRecord(path, { gateway: "g", point: "a/x", fromMs: 150, toMs: 200 })];
  expect(only).toEqual([
    {
      gateway: "g",
      point: "a/x",
      t: 200,
      value: 2,
      quality: "good",
      epoch: "e1",
      block: 2,
      index: 0,
    },
  ]);
  expect([...exportRecord(path, { gateway: "other" })]).toEqual([]);
  await store.close();
});

test("a store whose folder is not there is no empty store", () => {
  const lost = join(folder, "not-mounted", "upstream.db");
  expect(() => openSqliteStore(lost)).toThrow(
    `there is no folder "${join(folder, "not-mounted")}"`,
  );
  expect(existsSync(join(folder, "not-mounted"))).toBe(false);
});
