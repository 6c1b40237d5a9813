import type { Context } from "../src/context.ts";
import type { Connection, Driver } from "../src/driver.ts";
import { Unreachable } from "../src/fault.ts";
import type { Point } from "../src/point.ts";
import type { Sample } from "../src/sample.ts";
import { expectThat, outcomeOf, type Test } from "./suite.ts";

/** What a protocol gives the suite: a driver, a device to talk to, and a way to cut the line. */
export interface DriverRig<Config, Address, Device> {
  readonly driver: Driver<Config, Address, Device>;
  readonly context: Context;
  readonly config: Config;
  /** At least two, each answering with a good sample. */
  readonly points: readonly Point<Address, Device>[];
  /** A point that the device refuses or does not have; absent where that cannot be. */
  readonly pointRefusedByDevice?: Point<Address, Device>;
  /** Makes the device unreachable for good, open connections included; absent without a line. */
  cutLine?(): Promise<void>;
  /** Ends whatever the rig started. */
  tearDown(): Promise<void>;
}

/** How long a read over a cut line may take to say so. */
const CUT_LINE_READS_MAX = 5;

/** Every driver passes this. Published, so that a driver written elsewhere can pass it too. */
export function driverContract<C, A, D>(
  test: Test,
  setUp: () => Promise<DriverRig<C, A, D>>,
): void {
  const withRig = (body: (rig: DriverRig<C, A, D>) => Promise<void>) => async () => {
    const rig = await setUp();
    try {
      await body(rig);
    } finally {
      await rig.tearDown();
    }
  };
  const withConnection = (
    body: (connection: Connection<A, D>, rig: DriverRig<C, A, D>) => Promise<void>,
  ) =>
    withRig(async (rig) => {
      const connection = await rig.driver.open(rig.config, rig.context);
      try {
        await body(connection, rig);
      } finally {
        await connection.close();
      }
    });

  test("answers for every point, in order", withConnection(answersInOrder));
  test("answers the same points again and again", withConnection(answersAgain));
  test("a refused point is a bad sample and spoils no other", withConnection(refusedIsBad));
  test("an empty read is an empty answer", withConnection(readsNothing));
  test("a cut line rejects, and closing twice is fine", withConnection(cutLineRejects));
  test("opening towards nothing is Unreachable", withRig(openTowardsNothing));
  test("a schema refuses unknown keys", withRig(refusesUnknownKeys));
  test("a subscription ends when its signal aborts", withConnection(subscriptionEnds));
}

type Body = <C, A, D>(connection: Connection<A, D>, rig: DriverRig<C, A, D>) => Promise<void>;

const answersInOrder: Body = async (connection, { points, context }) => {
  const samples = [...(await connection.read(points, context.signal))];
  expectThat(samples.length === points.length, "one sample per point");
  for (const [index, sample] of samples.entries()) {
    expectThat(sample.pointId === points[index]?.id, "samples in the order of the points");
    expectThat(sample.quality === "good", `point ${sample.pointId} is good: ${reasonOf(sample)}`);
    expectThat(Number.isFinite(sample.timestampMs), "a sample has a time");
  }
};

const answersAgain: Body = async (connection, { points, context }) => {
  for (let round = 0; round < 3; round++) {
    const samples = [...(await connection.read(points, context.signal))];
    expectThat(
      samples.every((sample) => sample.quality === "good"),
      "good at each scan",
    );
  }
};

const refusedIsBad: Body = async (connection, { points, pointRefusedByDevice, context }) => {
  if (!pointRefusedByDevice) return;
  const middle = [points[0], pointRefusedByDevice, ...points.slice(1)].flatMap((p) => p ?? []);
  for (let round = 0; round < 2; round++) {
    const samples = [...(await connection.read(middle, context.signal))];
    for (const sample of samples) {
      const isRefused = sample.pointId === pointRefusedByDevice.id;
      expectThat(isRefused === (sample.quality === "bad"), `only the refused point is bad`);
      if (sample.quality !== "bad") continue;
      expectThat(sample.value === null, "a bad sample has no value");
      expectThat(sample.reason.length > 0, "a bad sample has a reason");
    }
  }
};

const readsNothing: Body = async (connection, { context }) => {
  const samples = [...(await connection.read([], context.signal))];
  expectThat(samples.length === 0, "nothing asked, nothing answered");
};

const cutLineRejects: Body = async (connection, { points, context, cutLine }) => {
  if (!cutLine) return;
  await cutLine();
  for (let round = 0; round < CUT_LINE_READS_MAX; round++) {
    const outcome = await outcomeOf(connection.read(points, context.signal));
    if (outcome.kind === "rejected") {
      expectThat(outcome.error instanceof Unreachable, "a lost line is Unreachable");
      await connection.close();
      await connection.close();
      return;
    }
    const isAllBad = [...outcome.value].every((sample) => sample.quality === "bad");
    expectThat(isAllBad, "no good sample over a cut line");
  }
  expectThat(false, `read rejects within ${CUT_LINE_READS_MAX} reads of a cut line`);
};

async function openTowardsNothing<C, A, D>(rig: DriverRig<C, A, D>): Promise<void> {
  if (!rig.cutLine) return;
  await rig.cutLine();
  const outcome = await outcomeOf(rig.driver.open(rig.config, rig.context));
  if (outcome.kind === "resolved") await outcome.value.close();
  expectThat(outcome.kind === "rejected", "open rejects when nothing is there");
  expectThat(outcome.error instanceof Unreachable, "and says Unreachable, so that it is retried");
}

async function refusesUnknownKeys<C, A, D>({ driver }: DriverRig<C, A, D>): Promise<void> {
  for (const schema of [driver.configSchema, driver.addressSchema, driver.deviceSchema]) {
    if (!schema) continue;
    const parsed = async () => schema.parse({ "no-such-key": 1 });
    expectThat((await outcomeOf(parsed())).kind === "rejected", "unknown keys are errors");
  }
}

const subscriptionEnds: Body = async (connection, { points, context }) => {
  if (!connection.subscribe) return;
  const ending = new AbortController();
  let isSettled = false;
  const ended = connection
    .subscribe(
      points,
      () => expectThat(!isSettled, "nothing is emitted after the end"),
      ending.signal,
    )
    .finally(() => {
      isSettled = true;
    });
  await context.clock.sleep(50, context.signal);
  ending.abort();
  expectThat((await outcomeOf(ended)).kind === "resolved", "an aborted subscription resolves");
};

function reasonOf(sample: Sample): string {
  return sample.quality === "bad" ? sample.reason : sample.quality;
}
