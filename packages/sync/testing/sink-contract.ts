import { type Context, Refused, silentLog, systemClock, Unreachable } from "@headgate/model";
import { expectThat, type Test } from "@headgate/model/testing";
import type { HandedEntry, Handover, Sink, SinkSession } from "../src/receiver/sinks/sink.ts";
import { keyOf } from "../src/receiver/sinks/sink.ts";
import { ODD_SAMPLES } from "./receiver-store-contract.ts";

/** A sink to try, and its far side. */
export interface SinkRig {
  readonly sink: Sink;
  /** Keys of all that is safe at the far side, in its order; one key may be there twice. */
  arrived(): Promise<readonly string[]>;
  /** The far side goes away without a word. */
  breakDown(): Promise<void>;
  /** It is back, with all that it had. */
  mend(): Promise<void>;
  /** Makes a handover one that the far side will never take. */
  poison(handover: Handover): Promise<Handover>;
  tearDown(): Promise<void>;
}

const AT = 1_767_225_600_000;

/** A made handover of three samples, as a store gives it. */
export function madeHandover(seq: number, samples = samplesOf(seq)): Handover {
  const head = { kind: "data", stream: "main", epoch: "e1", seq } as const;
  const span = { fromMs: AT + 1000 * seq, toMs: AT + 1000 * seq };
  const hash = seq.toString(16).padStart(16, "0");
  return handoverOf({ ...head, ...span, hash, sampleCount: samples.length, samples });
}

/** A made gap, as a store gives it. */
export function madeGapHandover(first: number, last: number): Handover {
  const head = { kind: "gap", stream: "main", epoch: "e1", first, last } as const;
  const span = { fromMs: AT, toMs: AT + 1000 };
  return handoverOf({ ...head, sampleCount: 9, ...span, reason: "capacity" });
}

function handoverOf(entry: HandedEntry): Handover {
  const gatewayId = "g-1 七.x";
  return { key: keyOf(gatewayId, entry), gatewayId, entry, storedMs: AT };
}

function samplesOf(seq: number) {
  return ["a/x", "a/y", "b/z"].map((pointId, index) => ({
    pointId,
    timestampMs: AT + 1000 * seq,
    quality: "good" as const,
    value: 10 * seq + index,
  }));
}

/** What every sink must do. */
export function sinkContract(test: Test, setUp: () => Promise<SinkRig>): void {
  const check = (name: string, body: (rig: SinkRig, at: At) => Promise<void>) =>
    test(name, async () => {
      const rig = await setUp();
      const stopping = new AbortController();
      const { signal } = stopping;
      const context: Context = { clock: systemClock, log: silentLog, signal, directory: "" };
      try {
        await body(rig, {
          signal,
          open: () => rig.sink.open(context),
          stop: () => stopping.abort(),
        });
      } finally {
        stopping.abort();
        await rig.tearDown();
      }
    });

  check("what it took is at the far side, in its order", async (rig, { open, signal }) => {
    const session = await open();
    const all = [5, 6, 2].map((seq) => madeHandover(seq));
    await session.take([...all, madeGapHandover(7, 9)], signal);
    await session.take([madeHandover(10)], signal);
    const keys = [...all, madeGapHandover(7, 9), madeHandover(10)].map(({ key }) => key);
    expectSame(await rig.arrived(), keys);
    await session.close();
  });

  check("it takes every value there is", async (rig, { open, signal }) => {
    const session = await open();
    await session.take([madeHandover(1, ODD_SAMPLES as never)], signal);
    await session.take([madeHandover(2, [])], signal);
    expectSame(
      await rig.arrived(),
      [1, 2].map((seq) => madeHandover(seq).key),
    );
    await session.close();
  });

  check("what comes again comes under its own name", async (rig, { open, signal }) => {
    const session = await open();
    await session.take([madeHandover(1)], signal);
    await session.take([madeHandover(1), madeHandover(2)], signal);
    const names = new Set(await rig.arrived());
    expectSame(
      [...names],
      [1, 2].map((seq) => madeHandover(seq).key),
    );
    await session.close();
  });

  check("a far side that is away is unreachable until it is back", async (rig, at) => {
    const before = await at.open();
    await before.take([madeHandover(1)], at.signal);
    await rig.breakDown();
    await expectFault(before.take([madeHandover(2)], at.signal), Unreachable);
    await before.close();
    await expectFault(openAndTake(at, madeHandover(2)), Unreachable);
    await rig.mend();
    const after = await at.open();
    await after.take([madeHandover(2), madeHandover(3)], at.signal);
    const names = [...new Set(await rig.arrived())];
    expectSame(
      names,
      [1, 2, 3].map((seq) => madeHandover(seq).key),
    );
    await after.close();
  });

  check("what it will never take is refused, and nothing else", async (rig, { open, signal }) => {
    const session = await open();
    const poison = await rig.poison(madeHandover(2));
    await expectFault(session.take([madeHandover(1), poison], signal), Refused);
    await expectFault(session.take([poison], signal), Refused);
    await session.take([madeHandover(1)], signal);
    await session.take([madeHandover(3)], signal);
    const names = [...new Set(await rig.arrived())];
    expectSame(
      names,
      [1, 3].map((seq) => madeHandover(seq).key),
    );
    await session.close();
  });

  check("it ends when it is told to, and twice", async (_rig, { open, stop, signal }) => {
    const session = await open();
    await session.take([madeHandover(1)], signal);
    stop();
    await session.close();
    await session.close();
  });
}

interface At {
  readonly signal: AbortSignal;
  open(): Promise<SinkSession>;
  stop(): void;
}

async function openAndTake({ open, signal }: At, handover: Handover): Promise<void> {
  const session = await open();
  try {
    await session.take([handover], signal);
  } finally {
    await session.close();
  }
}

async function expectFault(work: Promise<void>, kind: typeof Refused): Promise<void> {
  let fault: unknown = null;
  await work.catch((error: unknown) => {
    fault = error;
  });
  expectThat(fault instanceof kind, `a fault of kind ${kind.name}, not ${fault}`);
}

function expectSame(actual: readonly string[], wanted: readonly string[]): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(wanted)];
  expectThat(a === b, `arrived: ${a} instead of ${b}`);
}
