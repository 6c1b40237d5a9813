import { expectThat, type Test } from "@headgate/model/testing";
import { encodeClockBody } from "../src/block/clock-body.ts";
import { hashOf } from "../src/block/hash.ts";
import { encodeHandover } from "../src/receiver/sinks/handover-json.ts";
import type { Queued } from "../src/receiver/sinks/sink-outbox.ts";
import type { Arrival } from "../src/receiver/store.ts";
import { CONTRACT_LIST, plainBlock, plainGap } from "./receiver-store-contract.ts";
import type { OutboxRig, OutboxStore } from "./sink-outbox-contract.ts";
import { thinnableBlock, thinnedBlocks } from "./thinned-store-contract.ts";

const HOUR_MS = 3_600_000;
const BOOT = "00000000000000a1";
const ALL = { handoversMax: 1000, samplesMax: 1_000_000 };

/** What every store of the receiver hands on of thinned entries and of clocks that were wrong. */
export function handedEntriesContract(test: Test, setUp: () => Promise<OutboxRig>): void {
  const check = (name: string, body: (store: OutboxStore) => Promise<void>) =>
    test(name, async () => {
      const rig = await setUp();
      try {
        const store = await rig.open();
        await store.addPointList({ gatewayId: "g", ...CONTRACT_LIST });
        await store.outbox.register("a");
        await body(store);
        await store.close();
      } finally {
        await rig.tearDown();
      }
    });

  check("thinned blocks are handed on as they stand in the record", async (store) => {
    await commit(store, thinnedBlocks(1, 6));
    const [handed] = await store.outbox.next("a", ALL);
    const { key, k, b, b1, n, kept, keep, minutes } = jsonOf(handed);
    const head = ["g/main/e1/1-6/thinned", "thinned", 1, 6, 21, 3];
    expectSame([key, k, b, b1, n, kept], head, "head");
    const kepts = [
      { b: 1, i: 3, p: "b/z", v: true },
      { b: 4, i: 3, p: "b/z", v: false },
      { b: 6, i: 2, p: "a/y", v: "6", y: "int" },
    ];
    const withoutTimes = (keep as object[]).map((one) => ({ ...one, t: undefined }));
    expectSame(withoutTimes, kepts, "kept samples");
    const [{ t: _, ...minute } = { t: 0 }] = minutes as { t: number }[];
    expectSame(minute, { p: "a/x", min: -6, max: 6, mean: 0, last: -6, n: 12 }, "minute");
    await commit(store, thinnableBlock(4));
    const [less, block] = (await store.outbox.next("a", ALL)).map(jsonOf);
    expectSame([less?.kept, less?.n], [2, 18], "what is left of it");
    expectSame([block?.key, block?.k], ["g/main/e1/4", "data"], "the block that came after all");
  });

  check("what a wider entry took over is handed on with it", async (store) => {
    await commit(store, thinnedBlocks(1, 3), thinnedBlocks(1, 6));
    const [handed, ...others] = (await store.outbox.next("a", ALL)).map(jsonOf);
    expectSame(others, [], "others");
    const { key, b, b1, n, kept, keep } = handed ?? {};
    expectSame([key, b, b1, n, kept], ["g/main/e1/1-6/thinned", 1, 6, 20, 4], "head");
    const places = (keep as { b: number; i: number }[]).map((one) => `${one.b}/${one.i}`);
    expectSame(places, ["1/3", "3/2", "4/3", "6/2"], "kept samples");
  });

  check("what a wider entry took over is dated anew with it", async (store) => {
    const clock = { bootId: BOOT, monotonicMs: 1, isSynced: false, step: 0 };
    await commit(store, { ...thinnedBlocks(1, 3), clock }, { ...thinnedBlocks(1, 6), clock });
    const before = await store.outbox.next("a", ALL);
    await store.outbox.done(
      "a",
      before.map(({ position }) => position),
      1,
    );
    await commit(store, clockBlock(7));
    const after = await store.outbox.next("a", ALL);
    const keys = new Set(after.map(({ key }) => key));
    expectSame([...keys].sort(), ["g/main/e1/1-6/thinned/+3600000ms", "g/main/e1/7"], "keys");
  });

  check("of a gap that is known in part, the rest is handed on", async (store) => {
    await commit(store, plainBlock(5), { ...plainGap(1, 9), reason: "expired" });
    const keys = (await store.outbox.next("a", ALL)).map(({ key }) => key);
    expectSame(keys, ["g/main/e1/5", "g/main/e1/1-4/gap", "g/main/e1/6-9/gap"], "keys");
  });

  check("times that prove right, or nearly, are handed on under a name for each", async (store) => {
    const clock = { bootId: BOOT, monotonicMs: 1, isSynced: false, step: 0 };
    await commit(store, { ...plainBlock(1), clock });
    expectSame(await takenKeys(store), ["g/main/e1/1"], "keys at first");
    await commit(store, clockBlock(2, { step: 1, offsetMs: -5, isSynced: false }));
    expectSame(await takenKeys(store), ["g/main/e1/1/-5ms?", "g/main/e1/2"], "keys after a step");
    await commit(store, { ...plainBlock(3), clock: { ...clock, step: 1 } });
    expectSame(await takenKeys(store), ["g/main/e1/3"], "keys since the step");
    await commit(store, clockBlock(4, { step: 2, offsetMs: 0, isSynced: true }));
    const sure = ["g/main/e1/1/-5ms", "g/main/e1/3/+0ms", "g/main/e1/4"];
    expectSame(await takenKeys(store), sure, "keys once the clock is known");
  });

  check("what was dated anew is handed on again, under another name", async (store) => {
    const clock = { bootId: BOOT, monotonicMs: 1, isSynced: false, step: 0 };
    await commit(store, { ...plainBlock(1), clock });
    const [before] = await store.outbox.next("a", ALL);
    const { key, clock: unsure, shift } = jsonOf(before);
    expectSame([key, unsure, shift], ["g/main/e1/1", "unsynced", 0], "before");
    await store.outbox.done("a", [before?.position ?? 0], 1);
    await commit(store, clockBlock(2));
    const after = (await store.outbox.next("a", ALL)).find((one) => one.key !== "g/main/e1/2");
    const { key: name, clock: sure, shift: added } = jsonOf(after);
    expectSame([name, sure, added], ["g/main/e1/1/+3600000ms", "corrected", HOUR_MS], "after");
    const times = timesIn(before).map((ms) => ms + HOUR_MS);
    expectSame(timesIn(after), times, "times");
  });
}

function commit(store: OutboxStore, ...entries: Arrival["entry"][]) {
  return store.commit(
    entries.map((entry) => ({ gatewayId: "g", entry })),
    1,
  );
}

async function takenKeys(store: OutboxStore): Promise<string[]> {
  const queued = await store.outbox.next("a", ALL);
  await store.outbox.done(
    "a",
    queued.map(({ position }) => position),
    1,
  );
  return queued.map(({ key }) => key).sort();
}

const AN_HOUR_BEHIND = { step: 1, offsetMs: HOUR_MS, isSynced: true };

/** Tells that the clock was wrong before. */
function clockBlock(seq: number, step = AN_HOUR_BEHIND): Arrival["entry"] {
  const body = encodeClockBody({ bootId: BOOT, ...step, reason: "set", atMs: 1 });
  const head = { kind: "clock", stream: "main", epoch: "e1", seq, schemaHash: "" } as const;
  const counts = { sampleCount: 0, fromMs: 1, toMs: 1 };
  return { ...head, ...counts, hash: hashOf(body), body };
}

function jsonOf(queued: Queued | undefined): Record<string, unknown> {
  return queued === undefined ? {} : JSON.parse(encodeHandover(queued));
}

function timesIn(queued: Queued | undefined): number[] {
  const entry = queued?.entry;
  return entry?.kind === "data" ? entry.samples.map(({ timestampMs }) => timestampMs) : [];
}

function expectSame(actual: unknown, wanted: unknown, what: string): void {
  const [a, b] = [JSON.stringify(sorted(actual)), JSON.stringify(sorted(wanted))];
  expectThat(a === b, `${what}: ${a} instead of ${b}`);
}

/** With the keys of objects in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
