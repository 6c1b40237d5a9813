import type { BlockClock } from "@headgate/model";
import { expectThat, type Test } from "@headgate/model/testing";
import { encodeClockBody } from "../src/block/clock-body.ts";
import { hashOf } from "../src/block/hash.ts";
import type { ReceivedBlock } from "../src/protocol/received-entry.ts";
import type { Arrival } from "../src/receiver/store.ts";
import { CONTRACT_LIST, plainBlock, type StoreRig } from "./receiver-store-contract.ts";
import { thinnableBlock, thinnedBlocks } from "./thinned-store-contract.ts";

const AT = 1_767_225_600_000;
const HOUR_MS = 3_600_000;
const BOOT = "00000000000000a1";

function clock(step: number, isSynced: boolean, bootId = BOOT): BlockClock {
  return { bootId, monotonicMs: 1000, isSynced, step };
}

/** Tells of step `step`; `offsetMs` is what earlier samples lack. */
function stepBlock(
  seq: number,
  told: { readonly step: number; readonly offsetMs: number; readonly isSynced: boolean },
): ReceivedBlock {
  const body = encodeClockBody({ bootId: BOOT, reason: "set", atMs: AT, ...told });
  const head = { kind: "clock", stream: "main", epoch: "e1", seq, schemaHash: "" } as const;
  const counts = { sampleCount: 0, fromMs: AT, toMs: AT };
  return { ...head, ...counts, hash: hashOf(body), body };
}

/**
 * Two blocks of a clock that is not known to be right, set by a person between them, a third after
 * it became right; a block of another run; and what is told of the steps.
 */
const ENTRIES: readonly ReceivedBlock[] = [
  { ...plainBlock(1), clock: clock(0, false) },
  stepBlock(2, { step: 1, offsetMs: HOUR_MS, isSynced: false }),
  { ...plainBlock(3), clock: clock(1, false) },
  stepBlock(4, { step: 2, offsetMs: -5000, isSynced: true }),
  { ...plainBlock(5), clock: clock(2, true) },
  { ...plainBlock(6), clock: clock(0, false, "00000000000000b2") },
  stepBlock(7, { step: 3, offsetMs: 0, isSynced: true }),
  { ...plainBlock(8), clock: clock(1, true) },
];

const DATED = [
  [1, HOUR_MS - 5000, "corrected"],
  [3, -5000, "corrected"],
  [5, 0, undefined],
  [6, 0, "unsynced"],
  [8, 0, undefined],
];

/** What every store does with blocks of a clock that turns out to have been wrong. */
export function clockCorrectionContract(test: Test, setUp: () => Promise<StoreRig>): void {
  const check = (name: string, orders: readonly (readonly ReceivedBlock[])[]) =>
    test(name, async () => {
      const rig = await setUp();
      try {
        for (const entries of orders) await commit(rig, entries);
        expectSame(await datesOf(rig), DATED);
      } finally {
        await rig.tearDown();
      }
    });
  check("samples are dated anew once the clock is known", [ENTRIES]);
  check("the same whichever comes first", [[...ENTRIES].reverse()]);
  check("the same one by one, and when all comes twice", [
    ...ENTRIES.map((entry) => [entry]),
    ENTRIES,
    [...ENTRIES].reverse(),
  ]);
  test("a block that replaces what was kept of it is dated by its own clock", async () => {
    const rig = await setUp();
    try {
      const unsure = { clock: clock(0, false) };
      await commit(rig, [{ ...thinnedBlocks(1, 4), ...unsure }]);
      await commit(rig, [{ ...thinnableBlock(1), ...unsure }, thinnableBlock(4)]);
      await commit(rig, [stepBlock(5, { step: 1, offsetMs: HOUR_MS, isSynced: true })]);
      expectSame(await datesOf(rig), [
        [1, HOUR_MS, "corrected"],
        [4, 0, undefined],
      ]);
    } finally {
      await rig.tearDown();
    }
  });
  test("a step that leaves the clock unsure shifts, and says that more may come", async () => {
    const rig = await setUp();
    try {
      await commit(rig, ENTRIES.slice(0, 2));
      expectSame(await datesOf(rig), [[1, HOUR_MS, "unsynced"]]);
    } finally {
      await rig.tearDown();
    }
  });
}

async function commit(rig: StoreRig, entries: readonly Arrival["entry"][]): Promise<void> {
  const store = await rig.open();
  await store.addPointList({ gatewayId: "g", ...CONTRACT_LIST });
  const arrivals = entries.map((entry) => ({ gatewayId: "g", entry }));
  await store.commit(arrivals, AT);
  await store.close();
}

/** Of each block: its number, by how much its first sample was moved, and what is said of it. */
async function datesOf(rig: StoreRig): Promise<unknown[]> {
  const samples = await rig.samples();
  const firsts = samples.filter(({ index }) => index === 0);
  return firsts
    .sort((one, other) => one.block - other.block)
    .map(({ block, t, tBefore, clock: said }) => {
      expectThat((tBefore ?? t) === AT + 1000 * block, `the time before of block ${block}`);
      return [block, t - AT - 1000 * block, said];
    });
}

function expectSame(actual: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(wanted)];
  expectThat(a === b, `dates: ${a} instead of ${b}`);
}
