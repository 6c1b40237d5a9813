import type { Block } from "../src/block.ts";
import type { Context } from "../src/context.ts";
import { Unreachable } from "../src/fault.ts";
import type { Session, Uplink, UplinkPort } from "../src/uplink.ts";
import { expectThat, outcomeOf, type Test } from "./suite.ts";

/** What an uplink gives the suite: itself, a far side to talk to, and a way to cut the line. */
export interface UplinkRig<Config> {
  readonly uplink: Uplink<Config>;
  readonly context: Context;
  readonly config: Config;
  readonly port: UplinkPort;
  /** Blocks that the far side takes, of one epoch, ascending; at least three. */
  readonly blocks: readonly Block[];
  /** How many of the blocks have arrived at the far side. */
  arrivedCount(): Promise<number>;
  /** Makes the far side unreachable for good, open sessions included. */
  cutLine(): Promise<void>;
  /** Freezes the far side: connections stay, answers do not come. Absent where that cannot be. */
  freeze?(): Promise<void>;
  /** Within this time a lost far side must be noticed. */
  readonly noticeWithinMs: number;
  /** Ends whatever the rig started. */
  tearDown(): Promise<void>;
}

/** Every uplink passes this. Published, so that an uplink written elsewhere can pass it too. */
export function uplinkContract<C>(test: Test, setUp: () => Promise<UplinkRig<C>>): void {
  const withRig = (body: (rig: UplinkRig<C>) => Promise<void>) => async () => {
    const rig = await setUp();
    try {
      await body(rig);
    } finally {
      await rig.tearDown();
    }
  };
  const withSession = (body: Body) =>
    withRig(async (rig) => {
      const session = await rig.uplink.open(rig.config, rig.port, rig.context);
      try {
        await body(session, rig);
      } finally {
        await session.close();
      }
    });

  test("a batch whose send resolved has been taken", withSession(sendsWhatIsTaken));
  test("the same batch may be sent twice", withSession(sendsTwice));
  test("many batches at once all settle", withSession(sendsMany));
  test("limits leave room for a batch", withSession(hasLimits));
  test("closing twice is fine, and a closed session takes nothing", withSession(closesTwice));
  test("notices end when their signal aborts", withSession(endsNotices));
  test("a lost far side rejects sends and notices", withSession(rejectsWhenLost));
  test("a frozen far side rejects sends within the bound", withSession(rejectsWhenFrozen));
  test("opening towards nothing is Unreachable", withRig(openTowardsNothing));
  test("a schema refuses unknown keys", withRig(refusesUnknownKeys));
}

type Body = <C>(session: Session, rig: UplinkRig<C>) => Promise<void>;

const sendsWhatIsTaken: Body = async (session, { blocks, arrivedCount, context }) => {
  await session.send({ lane: "l", entries: blocks.slice(0, 2) }, context.signal);
  const deadlineMs = context.clock.monotonicMs() + 2000;
  let count = await arrivedCount();
  while (count < 2 && context.clock.monotonicMs() < deadlineMs) {
    await context.clock.sleep(10, context.signal);
    count = await arrivedCount();
  }
  expectThat(count === 2, `both blocks arrived, not ${count}`);
};

const sendsTwice: Body = async (session, { blocks, context }) => {
  const batch = { lane: "r", entries: blocks.slice(0, 1) } as const;
  await session.send(batch, context.signal);
  await session.send(batch, context.signal);
};

const sendsMany: Body = async (session, { blocks, context }) => {
  const sends = Array.from({ length: 200 }, (_, index) => {
    const entries = blocks.slice(index % 3, (index % 3) + 1);
    return session.send({ lane: "b", entries }, context.signal);
  });
  await Promise.all(sends);
};

const hasLimits: Body = async ({ limits }) => {
  expectThat(limits.batchesMax >= 1, "at least one batch may be on the way");
  expectThat(limits.batchBytesMax >= 1024, "a batch may hold something");
};

const closesTwice: Body = async (session, { blocks, context }) => {
  await session.close();
  await session.close();
  const sending = session.send({ lane: "l", entries: blocks.slice(0, 1) }, context.signal);
  expectThat((await outcomeOf(sending)).kind === "rejected", "a closed session takes nothing");
};

const endsNotices: Body = async (session, { context }) => {
  const ending = new AbortController();
  const listening = outcomeOf(heardAll(session, ending.signal));
  await context.clock.sleep(50, context.signal);
  ending.abort();
  expectThat((await listening).kind === "resolved", "aborted notices end without an error");
};

const rejectsWhenLost: Body = async (session, rig) => {
  const listening = heardAll(session, rig.context.signal);
  const heard = withinBound(rig, listening);
  await rig.cutLine();
  await expectUnreachable(await withinBound(rig, sendsUntilRejected(session, rig)), "a send");
  await expectUnreachable(await heard, "listening");
};

const rejectsWhenFrozen: Body = async (session, rig) => {
  if (!rig.freeze) return;
  await rig.freeze();
  const entries = rig.blocks.slice(0, 1);
  const sending = session.send({ lane: "l", entries }, rig.context.signal);
  await expectUnreachable(await withinBound(rig, sending), "a send");
};

async function openTowardsNothing<C>(rig: UplinkRig<C>): Promise<void> {
  await rig.cutLine();
  const opening = rig.uplink.open(rig.config, rig.port, rig.context);
  const outcome = await outcomeOf(opening);
  if (outcome.kind === "resolved") await outcome.value.close();
  await expectUnreachable(outcome, "opening");
}

async function refusesUnknownKeys<C>({ uplink }: UplinkRig<C>): Promise<void> {
  const parsed = async () => uplink.configSchema.parse({ "no-such-key": 1 });
  expectThat((await outcomeOf(parsed())).kind === "rejected", "unknown keys are errors");
}

type Outcome = Awaited<ReturnType<typeof outcomeOf>>;

async function expectUnreachable(outcome: Outcome, what: string): Promise<void> {
  expectThat(outcome.kind === "rejected", `${what} rejects`);
  expectThat(outcome.error instanceof Unreachable, `${what} is Unreachable: ${outcome.error}`);
}

async function heardAll(session: Session, signal: AbortSignal): Promise<void> {
  for await (const notice of session.notices(signal)) {
    expectThat(notice.kind.length > 0, "a notice has a kind");
  }
}

async function sendsUntilRejected<C>(session: Session, rig: UplinkRig<C>): Promise<void> {
  const entries = rig.blocks.slice(0, 1);
  for (;;) {
    await session.send({ lane: "l", entries }, rig.context.signal);
    await rig.context.clock.sleep(5, rig.context.signal);
  }
}

async function withinBound<C>(rig: UplinkRig<C>, work: Promise<void>): Promise<Outcome> {
  const { clock } = rig.context;
  const enough = new AbortController();
  const late = clock.sleep(rig.noticeWithinMs, enough.signal).then(() => {
    if (!enough.signal.aborted) throw new Error(`nothing settled in ${rig.noticeWithinMs} ms`);
  });
  const outcome = await outcomeOf(Promise.race([work, late]));
  enough.abort();
  return outcome;
}
