import type { Sample, Thinned } from "@headgate/model";
import { expectThat, type Test } from "@headgate/model/testing";
import { decodeColumns } from "../src/block/decode.ts";
import { hashOf } from "../src/block/hash.ts";
import { thinBlocks } from "../src/block/thinner.ts";
import type { ExportedMinute } from "../src/receiver/export-minutes.ts";
import type { ReceivedEpoch } from "../src/receiver/receive-status.ts";
import type { Arrival, Store } from "../src/receiver/store.ts";
import {
  blockOfSamples,
  CONTRACT_LIST,
  plainGap,
  type StoreRig,
} from "./receiver-store-contract.ts";

/** A store to try, and a closer look at what it keeps. */
export interface ThinnedStoreRig extends StoreRig {
  /** Of epoch "e1" of gateway "g". */
  status(): Promise<ReceivedEpoch>;
  minutes(): Promise<readonly ExportedMinute[]>;
}

/** A minute's start. */
const AT = 1_767_225_600_000;
const SAMPLES_PER_BLOCK = 4;

/** Four samples a block: two numbers, of which none is kept, a counter, and a switch. */
export function thinnableBlock(seq: number) {
  const timestampMs = AT + 1000 * seq;
  const samples: Sample[] = [
    { pointId: "a/x", timestampMs, quality: "good", value: seq },
    { pointId: "a/x", timestampMs, quality: "good", value: -seq },
    { pointId: "a/y", timestampMs, quality: "good", value: BigInt(seq) },
    { pointId: "b/z", timestampMs, quality: "good", value: seq < 4 },
  ];
  return blockOfSamples(seq, samples);
}

/** Blocks `first` to `last` of epoch "e1", thinned. */
export function thinnedBlocks(first: number, last: number): Thinned {
  const blocks = Array.from({ length: last - first + 1 }, (_, at) => thinnableBlock(first + at));
  const content = thinBlocks(
    blocks.map(({ seq, body }) => ({ seq, columns: decodeColumns(body ?? new Uint8Array()) })),
  );
  if (content === null) throw new Error("nothing to thin");
  const head = { kind: "thinned", stream: "main", epoch: "e1" } as const;
  return { ...head, ...content, schemaHash: CONTRACT_LIST.hash };
}

/** What every store of the receiver must do with thinned entries. */
export function thinnedStoreContract(test: Test, setUp: () => Promise<ThinnedStoreRig>): void {
  const check = (name: string, body: (store: Store, rig: ThinnedStoreRig) => Promise<void>) =>
    test(name, async () => {
      const rig = await setUp();
      try {
        const store = await rig.open();
        await store.addPointList({ gatewayId: "g", ...CONTRACT_LIST });
        await body(store, rig);
        await store.close();
      } finally {
        await rig.tearDown();
      }
    });

  check("a thinned entry keeps samples where they stood, and minutes", async (store, rig) => {
    await expectVerdicts(store, [thinnedBlocks(1, 6)], "stored");
    expectSame(coveredOf(store), [{ first: 1, last: 6 }], "covered");
    expectSame(await placesIn(rig), ["1/3 true", "4/3 false", "6/2 6"], "samples");
    const [minute, ...others] = await rig.minutes();
    const { t, min, max, mean, last, count, point } = minute as ExportedMinute;
    expectSame([t, min, max, mean, last, count, point], [AT, -6, 6, 0, -6, 12, "a/x"], "minute");
    expectSame([minute?.firstBlock, minute?.lastBlock, minute?.quality], [1, 6, "good"], "minute");
    expectSame(others, [], "other minutes");
    const { sampleCount, thinned, blockCount, holes } = await rig.status();
    expectSame(
      { sampleCount, blockCount, holes },
      { sampleCount: 3, blockCount: 0, holes: [] },
      "",
    );
    const wanted = { spans: [{ first: 1, last: 6 }], sampleCount: 21, keptCount: 3 };
    expectSame(thinned, wanted, "thinned");
  });

  check("the same thinned entry again is a duplicate", async (store, rig) => {
    const entry = thinnedBlocks(1, 6);
    await expectVerdicts(store, [entry, entry], "stored duplicate");
    await expectVerdicts(store, [entry, thinnedBlocks(2, 5)], "duplicate duplicate");
    expectSame((await rig.status()).duplicateCount, 3, "duplicates");
    expectSame((await rig.minutes()).length, 1, "minutes");
    expectSame((await placesIn(rig)).length, 3, "samples");
  });

  check("blocks that are stored stay whole", async (store, rig) => {
    await expectVerdicts(store, [thinnableBlock(4), thinnedBlocks(1, 6)], "stored stored");
    const places = await placesIn(rig);
    expectSame(places.filter((place) => place.startsWith("4/")).length, 4, "samples of block 4");
    expectSame(places.length, 4 + 2, "samples");
    await expectAccounted(rig, 6);
    await expectVerdicts(store, [thinnableBlock(4)], "duplicate");
  });

  check("a block that comes after all replaces what was kept of it", async (store, rig) => {
    await expectVerdicts(store, [thinnedBlocks(1, 3), thinnableBlock(3)], "stored stored");
    expectSame(coveredOf(store), [{ first: 1, last: 3 }], "covered");
    const whole = (await placesIn(rig)).filter((place) => place.startsWith("3/"));
    expectSame(whole, ["3/0 3", "3/1 -3", "3/2 3", "3/3 true"], "samples of block 3");
    await expectAccounted(rig, 3);
    expectSame((await rig.minutes()).length, 1, "minutes while blocks are thinned");
    await expectVerdicts(store, [thinnableBlock(1), thinnableBlock(2)], "stored stored");
    expectSame((await rig.minutes()).length, 0, "minutes once all came");
    const { thinned, sampleCount } = await rig.status();
    expectSame(thinned, { spans: [], sampleCount: 0, keptCount: 0 }, "thinned");
    expectSame(sampleCount, 3 * SAMPLES_PER_BLOCK, "samples");
  });

  check("a gap changes nothing of what is thinned, and is less than it", async (store, rig) => {
    const gap = { ...plainGap(2, 5), sampleCount: 4 * SAMPLES_PER_BLOCK };
    await expectVerdicts(store, [thinnedBlocks(1, 4), { ...gap, last: 4 }], "stored duplicate");
    await expectVerdicts(store, [gap], "stored");
    expectSame(coveredOf(store), [{ first: 1, last: 5 }], "covered");
    await expectAccounted(rig, 5);
    await expectVerdicts(store, [thinnedBlocks(5, 6)], "stored");
    expectSame((await rig.status()).gaps, [], "gaps");
    await expectAccounted(rig, 6);
  });

  check("a wider entry speaks for those inside it", async (store, rig) => {
    const inner = [thinnedBlocks(2, 3), thinnedBlocks(5, 6)];
    await expectVerdicts(store, [...inner, thinnedBlocks(1, 8)], "stored stored stored");
    const ranges = (await rig.minutes()).map(({ firstBlock, lastBlock }) => [
      firstBlock,
      lastBlock,
    ]);
    expectSame(ranges, [[1, 8]], "entries of minutes");
    await expectAccounted(rig, 8);
    await expectVerdicts(store, inner, "duplicate duplicate");
  });

  check("entries that overlap count no sample twice", async (store, rig) => {
    await expectVerdicts(store, [thinnedBlocks(1, 5), thinnedBlocks(4, 9)], "stored stored");
    await expectAccounted(rig, 9);
    const all = Array.from({ length: 9 }, (_, at) => thinnableBlock(9 - at));
    await expectVerdicts(store, all, all.map(() => "stored").join(" "));
    await expectAccounted(rig, 9);
    expectSame((await rig.minutes()).length, 0, "minutes");
  });

  check("a damaged entry is refused, one without its list waits", async (store) => {
    const entry = thinnedBlocks(1, 3);
    const body = Uint8Array.from(entry.body);
    body[9] = (body[9] ?? 0) ^ 1;
    const longer = { ...entry, last: 4 };
    const counted = { ...entry, sampleCount: entry.sampleCount + 1 };
    const hashed = { ...entry, body, hash: hashOf(body) };
    const damaged = [{ ...entry, body }, longer, counted, hashed];
    await expectVerdicts(store, damaged, "refused refused refused refused");
    await expectVerdicts(store, [{ ...entry, schemaHash: "0".repeat(16) }], "unlisted");
    expectSame(coveredOf(store), [], "covered");
    await expectVerdicts(store, [entry], "stored");
  });

  check("what was thinned is there when it is opened again", async (store, rig) => {
    await expectVerdicts(store, [thinnedBlocks(1, 6), thinnableBlock(2)], "stored stored");
    const before = [await placesIn(rig), await rig.status(), coveredOf(store)];
    await store.close();
    const again = await rig.open();
    expectSame([await placesIn(rig), await rig.status(), coveredOf(again)], before, "record");
    await expectVerdicts(again, [thinnedBlocks(1, 6), thinnableBlock(1)], "duplicate stored");
    await expectAccounted(rig, 6);
    await again.close();
  });
}

async function placesIn(rig: StoreRig): Promise<string[]> {
  return (await rig.samples()).map(({ block, index, value }) => `${block}/${index} ${value}`);
}

/** Stored, thinned and gone are all samples of blocks 1 to `blockCount`. */
async function expectAccounted(rig: ThinnedStoreRig, blockCount: number): Promise<void> {
  const { sampleCount, thinned, gaps } = await rig.status();
  const gone = gaps.reduce((sum, gap) => sum + gap.sampleCount, 0);
  const all = sampleCount + thinned.sampleCount + gone;
  expectSame(all, blockCount * SAMPLES_PER_BLOCK, "stored + thinned + gone");
  expectSame((await rig.samples()).length, sampleCount, "samples");
}

async function expectVerdicts(
  store: Store,
  entries: readonly Arrival["entry"][],
  wanted: string,
): Promise<void> {
  const verdicts = await store.commit(
    entries.map((entry) => ({ gatewayId: "g", entry })),
    AT,
  );
  expectSame(verdicts.join(" "), wanted, "verdicts");
}

function coveredOf(store: Store): unknown {
  return store.standing("g", 9).find(({ epoch }) => epoch === "e1")?.covered ?? [];
}

function expectSame(actual: unknown, wanted: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(wanted)];
  expectThat(a === b, `${what}: ${a} instead of ${b}`);
}
