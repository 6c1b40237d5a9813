import { expectThat, type Test } from "@headgate/model/testing";
import type { HandoverLimits } from "../src/receiver/sinks/sink.ts";
import type { SinkOutbox, SinkStanding } from "../src/receiver/sinks/sink-outbox.ts";
import type { Arrival, Store } from "../src/receiver/store.ts";
import {
  blockOfSamples,
  CONTRACT_LIST,
  ODD_SAMPLES,
  plainBlock,
  plainGap,
} from "./receiver-store-contract.ts";

/** A store that queues for sinks. */
export interface OutboxStore extends Store {
  readonly outbox: SinkOutbox;
}

/** A store to try, with room for few references, and a look at its sinks. */
export interface OutboxRig {
  /** Opens the same store, again after it was closed. */
  open(limits?: { readonly queuedMax?: number; readonly rangesMax?: number }): Promise<OutboxStore>;
  sinks(): Promise<readonly SinkStanding[]>;
  /** Puts back into the queue what was set aside. */
  retry(sink: string): Promise<void>;
  tearDown(): Promise<void>;
}

const AT = 1_767_225_600_000;
const ALL: HandoverLimits = { handoversMax: 1000, samplesMax: 1_000_000 };

/** What the outbox of every store of the receiver must do. */
export function sinkOutboxContract(test: Test, setUp: () => Promise<OutboxRig>): void {
  const check = (name: string, body: (store: OutboxStore, rig: OutboxRig) => Promise<void>) =>
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

  check("what is stored waits for each sink, in the order of the commits", async (store) => {
    await store.commit(of(plainBlock(1)), AT);
    await store.outbox.register("a");
    await store.outbox.register("b");
    await store.commit(of(plainBlock(7), plainBlock(3), plainBlock(7)), AT + 1);
    await store.commit(of(plainBlock(3), plainGap(4, 5)), AT + 2);
    expectSame(await store.outbox.known(), ["a", "b"], "known");
    const keys = ["g/main/e1/7", "g/main/e1/3", "g/main/e1/4-5/gap"];
    for (const sink of ["a", "b"]) expectSame(await keysOf(store, sink), keys, sink);
    const [first] = await store.outbox.next("a", ALL);
    expectSame([first?.gatewayId, first?.storedMs], ["g", AT + 1], "first");
    expectSame(await keysOf(store, "a", { handoversMax: 2 }), keys.slice(0, 2), "two");
  });

  check("what one sink has taken still waits for the other", async (store, rig) => {
    await store.outbox.register("a");
    await store.outbox.register("b");
    await store.commit(of(plainBlock(1), plainBlock(2), plainBlock(3)), AT);
    const [one, two] = await store.outbox.next("a", ALL);
    await store.outbox.done("a", [one?.position ?? 0, two?.position ?? 0], AT + 9);
    expectSame(await keysOf(store, "a"), ["g/main/e1/3"], "a");
    expectSame((await keysOf(store, "b")).length, 3, "b");
    const [own] = await store.outbox.next("b", ALL);
    await store.outbox.done("a", [own?.position ?? 0], AT + 9);
    expectSame((await keysOf(store, "b")).length, 3, "b, after a took what was b's");
    const [a, b] = await rig.sinks();
    expectSame([a?.waitingCount, a?.handedCount, a?.lastHandedMs], [1, 2, AT + 9], "standing");
    expectSame([b?.waitingCount, b?.handedCount, b?.oldestMs], [3, 0, AT], "standing");
    expectSame(await store.outbox.standing(), [a, b], "its own word");
  });

  check("the queue outlives its store's process", async (store, rig) => {
    await store.outbox.register("a");
    await store.commit(of(plainBlock(1), plainBlock(2)), AT);
    const [one] = await store.outbox.next("a", ALL);
    await store.outbox.done("a", [one?.position ?? 0], AT);
    await store.close();
    const again = await rig.open();
    await again.outbox.register("a");
    expectSame(await keysOf(again, "a"), ["g/main/e1/2"], "after");
    await again.commit(of(plainBlock(3)), AT);
    expectSame(await keysOf(again, "a"), ["g/main/e1/2", "g/main/e1/3"], "and more");
    await again.close();
  });

  check("what cannot be kept is refused; what came with it is queued once", async (store) => {
    await store.outbox.register("a");
    const broken = { ...plainBlock(2), fromMs: 1.5 };
    const entries = [plainBlock(1), broken, plainBlock(3), plainBlock(4)];
    const verdicts = await store.commit(of(...entries), AT);
    expectSame(verdicts, ["stored", "refused", "stored", "stored"], "verdicts");
    const covered = [
      { first: 1, last: 1 },
      { first: 3, last: 4 },
    ];
    expectSame(store.standing("g", 9)[0]?.covered, covered, "covered");
    const keys = ["g/main/e1/1", "g/main/e1/3", "g/main/e1/4"];
    expectSame(await keysOf(store, "a"), keys, "queued");
    expectSame(await store.commit(of(...entries.slice(1, 2)), AT), ["refused"], "again");
    expectSame(store.standing("g", 9)[0]?.covered, covered, "covered still");
  });

  check("every value is handed on to the bit", async (store) => {
    await store.outbox.register("a");
    await store.commit(of(blockOfSamples(1, ODD_SAMPLES)), AT);
    const [handed] = await store.outbox.next("a", ALL);
    const samples = handed?.entry.kind === "data" ? handed.entry.samples : [];
    expectSame(samples.length, ODD_SAMPLES.length, "samples");
    for (const [at, { pointId, timestampMs, quality, value }] of samples.entries()) {
      const odd = ODD_SAMPLES[at];
      expectThat(Object.is(value, odd?.value), `value ${at} is ${value}`);
      const [is, was] = [
        [pointId, timestampMs, quality],
        [odd?.pointId, odd?.timestampMs, odd?.quality],
      ];
      expectSame(is, was, `sample ${at}`);
    }
  });

  check("a batch has as many samples as it may, and one block at least", async (store) => {
    await store.outbox.register("a");
    await store.commit(of(plainBlock(1), plainBlock(2), plainBlock(3)), AT);
    expectSame((await keysOf(store, "a", { samplesMax: 6 })).length, 2, "blocks");
    expectSame((await keysOf(store, "a", { samplesMax: 1 })).length, 1, "blocks");
  });

  check("a gap that something wider or data replaced is passed over", async (store, rig) => {
    await store.outbox.register("a");
    await store.commit(of(plainGap(1, 2), plainGap(5, 5)), AT);
    await store.commit(of(plainGap(1, 3), plainBlock(5)), AT);
    expectSame(await keysOf(store, "a"), ["g/main/e1/1-3/gap", "g/main/e1/5"], "keys");
    expectSame((await rig.sinks())[0]?.waitingCount, 2, "waiting");
  });

  check("what is set aside is out of the way until it is retried", async (store, rig) => {
    await store.outbox.register("a");
    await store.commit(of(plainBlock(1), plainBlock(2)), AT);
    const [one] = await store.outbox.next("a", ALL);
    const remark = { reason: "no", nowMs: AT };
    expectSame(await store.outbox.setAside("a", one?.position ?? 0, remark), 1, "aside");
    expectSame(await keysOf(store, "a"), ["g/main/e1/2"], "keys");
    const [aside] = await rig.sinks();
    expectSame([aside?.asideCount, aside?.waitingCount], [1, 1], "standing");
    expectSame(aside?.fault, remark, "fault");
    await rig.retry("a");
    expectSame(await keysOf(store, "a"), ["g/main/e1/1", "g/main/e1/2"], "keys");
    const [back] = await rig.sinks();
    expectSame([back?.asideCount, back?.waitingCount], [0, 2], "standing");
  });

  check("a full queue loses its oldest references, counted, and no sample", async (store, rig) => {
    await store.close();
    const small = await rig.open({ queuedMax: 3 });
    await small.outbox.register("a");
    await small.commit(of(plainBlock(1), plainBlock(2)), AT);
    await small.commit(of(plainBlock(3), plainBlock(4), plainBlock(5)), AT);
    const keys = ["g/main/e1/3", "g/main/e1/4", "g/main/e1/5"];
    expectSame(await keysOf(small, "a"), keys, "keys");
    const [a] = await rig.sinks();
    expectSame([a?.waitingCount, a?.lostCount], [3, 2], "standing");
    expectSame(small.standing("g", 1)[0]?.covered, [{ first: 1, last: 5 }], "covered");
    await small.close();
  });

  check(
    "an epoch lies in so many ranges and no more, until holes are closed",
    async (store, rig) => {
      await store.close();
      const small = await rig.open({ rangesMax: 2 });
      const verdicts = async (...entries: Arrival["entry"][]) =>
        (await small.commit(of(...entries), AT)).join(" ");
      const some = [plainBlock(1), plainGap(5, 6), plainBlock(9), plainBlock(7), plainGap(10, 11)];
      expectSame(await verdicts(...some), "stored stored refused stored refused", "verdicts");
      expectSame(await verdicts(plainBlock(1), plainBlock(3)), "duplicate refused", "verdicts");
      expectSame(await verdicts(plainGap(2, 4), plainBlock(9)), "stored stored", "verdicts");
      await small.close();
    },
  );

  check("who waits for more hears of it", async (store) => {
    const { signal } = new AbortController();
    await store.outbox.register("a");
    const told = store.outbox.queued("a", signal);
    await store.commit(of(plainBlock(1)), AT);
    await told;
    await store.outbox.register("late");
    await store.commit(of(plainBlock(2)), AT);
    await store.outbox.queued("late", signal);
  });
}

const of = (...entries: Arrival["entry"][]) => entries.map((entry) => ({ gatewayId: "g", entry }));

async function keysOf(store: OutboxStore, sink: string, limits: Partial<HandoverLimits> = {}) {
  const queued = await store.outbox.next(sink, { ...ALL, ...limits });
  return queued.map(({ key }) => key);
}

function expectSame(actual: unknown, wanted: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(wanted)];
  expectThat(a === b, `${what}: ${a} instead of ${b}`);
}
