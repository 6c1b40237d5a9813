import type { Gap, PointList, Sample } from "@headgate/model";
import { expectThat, type Test } from "@headgate/model/testing";
import { BlockBuilder } from "../src/block/block-builder.ts";
import { encodeClockBody } from "../src/block/clock-body.ts";
import { deflated } from "../src/block/deflate.ts";
import { hashOf, pointListOf } from "../src/block/hash.ts";
import type { ReceivedBlock } from "../src/protocol/received-entry.ts";
import type { ExportedSample } from "../src/receiver/export-record.ts";
import type { Arrival, Store } from "../src/receiver/store.ts";

/** A store to try, and a look at what it keeps. */
export interface StoreRig {
  /** Opens the same store, again after it was closed. */
  open(): Promise<Store>;
  /** Every sample kept, in the order of block and index. */
  samples(): Promise<readonly ExportedSample[]>;
  tearDown(): Promise<void>;
}

const AT = 1_767_225_600_000;

/** The list that `blockOfSamples` refers to. */
export const CONTRACT_LIST: PointList = pointListOf(["a/x", "a/y", "b/z"]);

/** A data block of epoch "e1" as it comes over the wire. */
export function blockOfSamples(seq: number, samples: readonly Sample[]): ReceivedBlock {
  const builder = new BlockBuilder();
  for (const sample of samples) {
    builder.add(sample, CONTRACT_LIST.pointIds.indexOf(sample.pointId));
  }
  const { packed, ...counts } = builder.seal();
  const body = deflated(packed);
  const head = { kind: "data", stream: "main", epoch: "e1", seq } as const;
  return { ...head, ...counts, schemaHash: CONTRACT_LIST.hash, hash: hashOf(body), body };
}

/** A block whose three values name its number. */
export function plainBlock(seq: number, offset = 0): ReceivedBlock {
  return blockOfSamples(
    seq,
    CONTRACT_LIST.pointIds.map((pointId, index) => {
      const value = 10 * seq + index + offset;
      return { pointId, timestampMs: AT + 1000 * seq, quality: "good", value };
    }),
  );
}

/** Blocks `first` to `last` of epoch "e1" are gone, three samples each. */
export function plainGap(first: number, last: number): Gap {
  const sampleCount = 3 * (last - first + 1);
  const span = { fromMs: AT + 1000 * first, toMs: AT + 1000 * last };
  const head = { kind: "gap", stream: "main", epoch: "e1", first, last } as const;
  return { ...head, sampleCount, ...span, reason: "capacity" };
}

/** Every kind of value there is, and every quality. */
export const ODD_SAMPLES: readonly Sample[] = [
  { pointId: "a/x", timestampMs: AT, quality: "good", value: 0.1 },
  { pointId: "a/x", timestampMs: AT, quality: "good", value: -0 },
  { pointId: "a/x", timestampMs: AT, quality: "uncertain", value: Number.NaN },
  { pointId: "a/x", timestampMs: AT - 1, quality: "good", value: Number.NEGATIVE_INFINITY },
  { pointId: "a/x", timestampMs: AT, quality: "bad", value: null, reason: "timeout" },
  { pointId: "a/y", timestampMs: AT, quality: "good", value: true },
  { pointId: "a/y", timestampMs: AT, quality: "good", value: false },
  { pointId: "a/y", timestampMs: AT, quality: "good", value: 2n ** 53n + 1n },
  { pointId: "a/y", timestampMs: AT, quality: "good", value: 2n ** 64n },
  { pointId: "a/y", timestampMs: AT, quality: "good", value: 7n },
  { pointId: "b/z", timestampMs: AT, quality: "good", value: "1" },
  { pointId: "b/z", timestampMs: AT, quality: "good", value: "红" },
];
const ODD_VALUES = [
  ...[0.1, -0, "NaN", "-Infinity", null],
  ...[true, false, "9007199254740993", "18446744073709551616", 7, "1", "红"],
];

/** What every store of the receiver must do. */
export function receiverStoreContract(test: Test, setUp: () => Promise<StoreRig>): void {
  const check = (name: string, body: (store: Store, rig: StoreRig) => Promise<void>) =>
    test(name, async () => {
      const rig = await setUp();
      try {
        const store = await rig.open();
        await body(store, rig);
        await store.close();
      } finally {
        await rig.tearDown();
      }
    });
  const listed = async (store: Store) => {
    await store.addPointList({ gatewayId: "g", ...CONTRACT_LIST });
  };

  check("a block is stored once however often it comes", async (store, rig) => {
    await listed(store);
    const twice = [plainBlock(1), plainBlock(2), plainBlock(1)];
    expectVerdicts(await store.commit(arrivals(twice), AT), "stored stored duplicate");
    expectVerdicts(await store.commit(arrivals(twice), AT), "duplicate duplicate duplicate");
    const values = (await rig.samples()).map(({ value }) => value);
    expectSame(values, [10, 11, 12, 20, 21, 22], "values");
    expectSame(coveredOf(store), [{ first: 1, last: 2 }], "covered");
  });

  check("of two contents under one number the first is kept", async (store, rig) => {
    await listed(store);
    await store.commit(arrivals([plainBlock(1), plainBlock(2)]), AT);
    expectVerdicts(await store.commit(arrivals([plainBlock(2, 5)]), AT), "conflict");
    expectSame((await rig.samples()).map(({ value }) => value).slice(3), [20, 21, 22], "values");
    expectSame(store.standing("g", 9)[0]?.fork, 2, "fork");
  });

  check(
    "a gap of other blocks than those stored is set aside, not taken for known",
    async (store) => {
      await listed(store);
      await store.commit(arrivals([plainBlock(1), plainBlock(2), plainBlock(3)]), AT);
      const late = { ...plainGap(2, 3), fromMs: AT + 60_000, toMs: AT + 61_000 };
      const larger = { ...plainGap(2, 3), sampleCount: 7 };
      const uncounted = { ...plainGap(2, 3), sampleCount: 0, fromMs: 0, toMs: 0 };
      const gaps = [plainGap(2, 3), late, uncounted, larger, late];
      const verdicts = "duplicate conflict duplicate conflict conflict";
      expectVerdicts(await store.commit(arrivals(gaps), AT), verdicts);
      expectSame(store.standing("g", 9)[0]?.fork, 2, "fork");
      expectSame(coveredOf(store), [{ first: 1, last: 3 }], "covered");
    },
  );

  check("a damaged block is refused and stays missing", async (store) => {
    await listed(store);
    const block = plainBlock(1);
    const body = Uint8Array.from(block.body ?? []);
    body[5] = (body[5] ?? 0) ^ 1;
    const short = { ...block, sampleCount: 2 };
    const swapped = { ...plainBlock(1, 5), hash: block.hash };
    const verdicts = await store.commit(arrivals([{ ...block, body }, short, swapped]), AT);
    expectVerdicts(verdicts, "refused refused refused");
    expectSame(coveredOf(store), [], "covered");
  });

  check("a block of no samples that claims some is refused, and alone so", async (store) => {
    await listed(store);
    const told = { bootId: "00000000000000a1", offsetMs: 1, isSynced: true, reason: "", atMs: 1 };
    const body = encodeClockBody({ ...told, step: 1 });
    const head = { kind: "clock", stream: "main", epoch: "e1", seq: 1, schemaHash: "" } as const;
    const counts = { sampleCount: 2 ** 40, fromMs: 1, toMs: 1 };
    const clock = { ...head, ...counts, hash: hashOf(body), body };
    const verdicts = await store.commit(arrivals([clock, plainBlock(2)]), AT);
    expectVerdicts(verdicts, "refused stored");
  });

  check("a block waits for its point list", async (store, rig) => {
    expectVerdicts(await store.commit(arrivals([plainBlock(1)]), AT), "unlisted");
    expectSame(coveredOf(store), [], "covered");
    await listed(store);
    expectVerdicts(await store.commit(arrivals([plainBlock(1)]), AT), "stored");
    expectSame((await rig.samples()).length, 3, "samples");
  });

  check("a gap covers its range until a block comes after all", async (store, rig) => {
    await listed(store);
    const gap = plainGap(1, 4);
    expectVerdicts(await store.commit(arrivals([plainBlock(3), gap, gap]), AT), GAP_VERDICTS);
    expectSame(coveredOf(store), [{ first: 1, last: 4 }], "covered");
    expectVerdicts(await store.commit(arrivals([plainBlock(2)]), AT), "stored");
    expectSame(coveredOf(store), [{ first: 1, last: 4 }], "covered");
    expectSame(
      (await rig.samples()).map(({ block }) => block),
      [2, 2, 2, 3, 3, 3],
      "blocks",
    );
  });

  check("every value comes back to the bit, with quality, time and reason", async (store, rig) => {
    await listed(store);
    await store.commit(arrivals([blockOfSamples(1, ODD_SAMPLES)]), AT);
    const { body: _, ...head } = blockOfSamples(2, ODD_SAMPLES);
    await store.commit(arrivals([{ ...head, samples: ODD_SAMPLES }]), AT);
    const kept = await rig.samples();
    for (const block of [1, 2]) {
      const own = kept.filter((sample) => sample.block === block);
      own.forEach(({ value, quality, t, point, index, reason }, at) => {
        const odd = ODD_SAMPLES[at];
        const isSame = Object.is(value, ODD_VALUES[at]) && quality === odd?.quality;
        expectThat(isSame, `sample ${at} of block ${block} is ${value} ${quality}`);
        expectSame([t, point, index], [odd?.timestampMs, odd?.pointId, at], "sample");
        expectSame(reason, odd?.quality === "bad" ? odd.reason : undefined, "reason");
      });
      expectSame(own.length, ODD_SAMPLES.length, "samples");
    }
  });

  check("the hash of the highest number is told where that is a block", async (store) => {
    await listed(store);
    const lastHash = () => store.standing("g", 9)[0]?.lastHash;
    await store.commit(arrivals([plainBlock(5), plainBlock(1)]), AT);
    expectSame(lastHash(), plainBlock(5).hash, "hash");
    await store.commit(arrivals([plainGap(6, 7)]), AT);
    expectThat(lastHash() === undefined, "a gap has a hash");
    await store.commit(arrivals([plainBlock(7)]), AT);
    expectSame(lastHash(), plainBlock(7).hash, "hash of what came after all");
  });

  check("what was committed is there when it is opened again", async (store, rig) => {
    await listed(store);
    await store.commit(arrivals([plainBlock(1), plainBlock(5), plainGap(2, 3)]), AT);
    const [before, covered] = [store.incarnation, coveredOf(store)];
    await store.close();
    const again = await rig.open();
    expectSame(again.incarnation, before, "incarnation");
    expectSame(coveredOf(again), covered, "covered");
    expectVerdicts(await again.commit(arrivals([plainBlock(5)]), AT), "duplicate");
    await again.close();
  });

  check("gateways and epochs are kept apart", async (store) => {
    await listed(store);
    const other = { ...plainBlock(1), epoch: "e2" };
    const entries = [plainBlock(1), other];
    const all = ["g", "h"].flatMap((gatewayId) => entries.map((entry) => ({ gatewayId, entry })));
    expectVerdicts(await store.commit(all, AT), "stored stored stored stored");
    expectSame(store.standing("h", 1).length, 1, "standings");
    expectSame([...store.gatewayIds()].sort(), ["g", "h"], "gateways");
  });
}

const GAP_VERDICTS = "stored stored duplicate";

function arrivals(entries: readonly Arrival["entry"][]): Arrival[] {
  return entries.map((entry) => ({ gatewayId: "g", entry }));
}

function coveredOf(store: Store): unknown {
  return store.standing("g", 9).find(({ epoch }) => epoch === "e1")?.covered ?? [];
}

function expectVerdicts(verdicts: readonly string[], wanted: string): void {
  expectSame(verdicts.join(" "), wanted, "verdicts");
}

function expectSame(actual: unknown, wanted: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(wanted)];
  expectThat(a === b, `${what}: ${a} instead of ${b}`);
}
