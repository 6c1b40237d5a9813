import {
  type Connection,
  type Context,
  missing,
  type PointId,
  type Sample,
  Unreachable,
} from "@headgate/model";
import type { PointConfig } from "../config/config.ts";
import type { LiveValues } from "../live-values.ts";
import type { Backfill } from "./backfill.ts";
import { type Conditioner, conditionersOf } from "./condition.ts";
import { createPointGroup, type Member, type PointGroup } from "./point-group.ts";
import { Schedule } from "./schedule.ts";

/** What one channel reads, and how: built once, used by each of its connections in turn. */
export interface AcquisitionPlan {
  /** Every point of the channel, for what befalls them together. */
  readonly all: PointGroup;
  readonly scanClasses: readonly { readonly intervalMs: number; readonly group: PointGroup }[];
  readonly subscriptions: readonly PointGroup[];
  /** Read when one of their events becomes true. */
  readonly triggered: readonly {
    readonly onEvent: readonly PointId[];
    readonly group: PointGroup;
  }[];
}

/** Counters of one channel, for status and metrics. */
export interface ChannelCounters {
  scanCount: number;
  missedScanCount: number;
  lastScanMs: number;
  sampleCount: number;
}

export interface Acquisition {
  readonly plan: AcquisitionPlan;
  readonly counters: ChannelCounters;
  readonly live: LiveValues;
  /** Hands samples on to the buffer. Back-pressure is the buffer's business: it is bounded. */
  readonly keep: (samples: Sample[]) => void;
  /** Absent where no point has a history. */
  readonly backfill?: Backfill | null;
  /** Called when the line has proved to be more than an open socket. */
  readonly onAnswer: () => void;
}

/** Groups a channel's points: by scan interval (fastest first), by sampling interval, by event. */
export function planAcquisition(points: readonly PointConfig[], live: LiveValues): AcquisitionPlan {
  const conditioners = conditionersOf(points.map(({ condition }) => condition));
  const members = points.map((config, index): Member => {
    return { config, conditioner: conditioners[index] as Conditioner };
  });
  const groupsOf = (kind: "scan" | "subscribe") => {
    const wanted = members.flatMap(({ config, conditioner }) => {
      const { acquisition } = config;
      if (acquisition.kind !== kind) return [];
      return [{ config, conditioner, intervalMs: acquisition.intervalMs }];
    });
    return [...Map.groupBy(wanted, ({ intervalMs }) => intervalMs)]
      .sort(([a], [b]) => a - b)
      .map(([intervalMs, group]) => ({ intervalMs, group: createPointGroup(group, live) }));
  };
  const triggered = members.flatMap((member) => {
    const { acquisition } = member.config;
    if (acquisition.kind === "subscribe" || acquisition.onEvent.length === 0) return [];
    return [{ onEvent: acquisition.onEvent, group: createPointGroup([member], live) }];
  });
  return {
    all: createPointGroup(members, live),
    scanClasses: groupsOf("scan"),
    subscriptions: groupsOf("subscribe").map(({ group }) => group),
    triggered,
  };
}

/** Reads a channel while it is up. Rejects when the line is lost, resolves when `signal` aborts. */
export async function acquire(
  connection: Connection,
  acquisition: Acquisition,
  context: Context,
): Promise<void> {
  const ending = new AbortController();
  const signal = AbortSignal.any([context.signal, ending.signal]);
  const scoped = { ...context, signal };
  const backfill = connection.history ? acquisition.backfill : null;
  await backfill?.lineUp();
  const tasks = [...scan(connection, acquisition, scoped)];
  for (const group of acquisition.plan.subscriptions) {
    tasks.push(subscribe(connection, group, { acquisition, context: scoped }));
  }
  if (backfill) tasks.push(backfill.run(connection, scoped));
  // A scan finds out by itself. Where nobody scans, a proxy's clients would wait for ever.
  if (acquisition.plan.scanClasses.length === 0) tasks.push(untilEnded(connection, signal));
  try {
    await Promise.all(tasks);
  } finally {
    // One lost task ends its siblings; their own rejections then say nothing new.
    ending.abort();
    await Promise.allSettled(tasks);
  }
}

/** Rejects when the line is lost, where the connection knows; resolves when `signal` aborts. */
function untilEnded({ ended }: Connection, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(ended?.reason);
    if (ended?.aborted) fail();
    ended?.addEventListener("abort", fail, { signal });
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function subscribe(
  connection: Connection,
  group: PointGroup,
  { acquisition, context }: { acquisition: Acquisition; context: Context },
): Promise<void> {
  const { clock, log, signal } = context;
  const emit = (samples: Sample[]) => {
    acquisition.onAnswer();
    acquisition.counters.sampleCount += samples.length;
    const heard = acquisition.backfill?.heard(samples, clock.nowMs()) ?? samples;
    acquisition.keep(group.takeAny(heard, clock.monotonicMs()));
  };
  if (!connection.subscribe) {
    const points = group.points.map(({ id }) => id);
    log.warn("this driver pushes nothing; write scan instead of subscribe", { points });
    emit(points.map((id) => missing(id, clock.nowMs(), CANNOT_PUSH)));
    return;
  }
  await connection.subscribe(group.points, emit, signal);
  if (!signal.aborted) throw new Unreachable("the subscription ended without being asked to");
}

const CANNOT_PUSH = "the driver cannot subscribe; write scan";

/** Each task runs until the signal aborts, or rejects when the line is lost. */
function scan(
  connection: Connection,
  acquisition: Acquisition,
  context: Context,
): readonly Promise<void>[] {
  const { plan } = acquisition;
  const triggers = watchTriggers(acquisition, context.signal);
  const read = readerOf(connection, acquisition, context);
  if (!connection.schedule) {
    return [scanInTurn(plan.scanClasses, { acquisition, triggers, read }, context)];
  }
  connection.schedule(
    plan.scanClasses.map(({ intervalMs, group }) => ({ intervalMs, points: group.points })),
  );
  const loops = plan.scanClasses.map((scanClass) =>
    scanInTurn([scanClass], { acquisition, triggers: NO_TRIGGERS, read }, context),
  );
  return [...loops, scanInTurn([], { acquisition, triggers, read }, context)];
}

/** Reads a group once and hands its samples on. */
function readerOf(connection: Connection, acquisition: Acquisition, { clock, signal }: Context) {
  const { counters } = acquisition;
  let readCount = 0;
  return async (group: PointGroup): Promise<void> => {
    const startedMs = clock.monotonicMs();
    const samples = await connection.read(group.points, signal);
    const nowMs = clock.monotonicMs();
    counters.scanCount++;
    counters.sampleCount += samples.length;
    counters.lastScanMs = nowMs - startedMs;
    // Devices that hang take a connection too. Devices that refuse everything are there.
    const isAnswered = samples.some(({ quality }) => quality !== "bad");
    if (isAnswered || readCount++ > 0) acquisition.onAnswer();
    const heard = acquisition.backfill?.heard(samples, clock.nowMs()) ?? samples;
    acquisition.keep(group.take(heard, nowMs));
  };
}

interface ScanParts {
  readonly acquisition: Acquisition;
  readonly triggers: Triggers;
  readonly read: (group: PointGroup) => Promise<void>;
}

/** Scans the classes one at a time, and before them whatever an event asks for. */
async function scanInTurn(
  scanClasses: AcquisitionPlan["scanClasses"],
  { acquisition, triggers, read }: ScanParts,
  { clock, signal }: Context,
): Promise<void> {
  const schedule = new Schedule(
    scanClasses.map(({ intervalMs }) => intervalMs),
    clock.monotonicMs(),
  );
  while (!signal.aborted) {
    const fired = triggers.take();
    if (fired) {
      await read(fired);
      continue;
    }
    const due = schedule.take(clock.monotonicMs());
    const scanClass = due && scanClasses[due.index];
    if (scanClass) {
      acquisition.counters.missedScanCount += due.missedCount;
      await read(scanClass.group);
      continue;
    }
    const sleep = (wake: AbortSignal) => clock.sleep(waitMs(schedule, clock.monotonicMs()), wake);
    await triggers.sleep(sleep, signal);
  }
}

/** Timers hold 31 bits; a channel that only listens sleeps an hour at a time. */
const SLEEP_MAX_MS = 3_600_000;
const waitMs = (schedule: Schedule, nowMs: number) =>
  Math.min(SLEEP_MAX_MS, schedule.waitMs(nowMs));

interface Triggers {
  /** A group to be read now. */
  take(): PointGroup | undefined;
  sleep(wait: (wake: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
}

/** Of a scan beside others: events are another's. */
const NO_TRIGGERS: Triggers = {
  take: () => undefined,
  sleep: (wait, signal) => wait(signal),
};

/** Collects the groups whose event became true, and wakes the scan that sleeps. */
function watchTriggers({ plan, live }: Acquisition, signal: AbortSignal): Triggers {
  const fired = new Set<PointGroup>();
  let nap = new AbortController();
  signal.addEventListener("abort", () => nap.abort(), { once: true });
  for (const { onEvent, group } of plan.triggered) {
    for (const pointId of onEvent) {
      let wasTrue = live.get(pointId)?.value === true;
      live.watch(pointId, signal, (sample) => {
        const isTrue = sample.value === true;
        if (isTrue && !wasTrue) {
          fired.add(group);
          nap.abort();
        }
        wasTrue = isTrue;
      });
    }
  }
  return {
    take(): PointGroup | undefined {
      const [first] = fired;
      if (first) fired.delete(first);
      return first;
    },
    async sleep(wait: (wake: AbortSignal) => Promise<void>): Promise<void> {
      if (fired.size > 0 || signal.aborted) return;
      nap = new AbortController();
      await wait(nap.signal);
    },
  };
}
