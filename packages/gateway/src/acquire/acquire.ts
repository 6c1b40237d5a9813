import {
  type Connection,
  type Context,
  missing,
  type Sample,
  type Samples,
  Unreachable,
} from "@headgate/model";
import type { LiveValues } from "../live-values.ts";
import type { Backfill } from "./backfill.ts";
import { type AcquisitionPlan, freshIn, type Plans } from "./plan.ts";
import type { PointGroup } from "./point-group.ts";
import { Schedule } from "./schedule.ts";
import { EventTriggers, NO_TRIGGERS, type Triggers } from "./triggers.ts";

/** Counters of one channel, for status and metrics. */
export interface ChannelCounters {
  scanCount: number;
  missedScanCount: number;
  lastScanMs: number;
  sampleCount: number;
}

export interface Acquisition {
  /** The plan may change while the line is up. */
  readonly plans: Plans;
  readonly counters: ChannelCounters;
  readonly live: LiveValues;
  /** Hands samples on to the buffer. Back-pressure is the buffer's business: it is bounded. */
  readonly keep: (samples: Sample[]) => void;
  /** Absent where no point has a history. */
  readonly backfill?: Backfill | null;
  /** Called when the line has proved to be more than an open socket. */
  readonly onAnswer: () => void;
}

/** One connection while it is read. */
interface Reading {
  readonly connection: Connection;
  readonly acquisition: Acquisition;
  /** Its signal ends the reading. */
  readonly context: Context;
  /** The line is lost: all ends. */
  readonly fail: (reason: unknown) => void;
}

/** Reads a channel while it is up. Rejects when the line is lost, resolves when `signal` aborts. */
export async function acquire(
  connection: Connection,
  acquisition: Acquisition,
  context: Context,
): Promise<void> {
  const ending = new AbortController();
  const signal = AbortSignal.any([context.signal, ending.signal]);
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  const reading = { connection, acquisition, context: { ...context, signal }, fail };
  const backfill = connection.history ? acquisition.backfill : null;
  await backfill?.lineUp();
  const tasks = [scanPlans(reading), subscribePlans(reading)];
  if (backfill) tasks.push(backfill.run(connection, reading.context));
  try {
    await Promise.race([Promise.all(tasks), failed]);
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

/** What goes on as before in another plan is not touched by it. */
async function subscribePlans(reading: Reading): Promise<void> {
  const { signal } = reading.context;
  const running = new Map<PointGroup, { ending: AbortController; task: Promise<void> }>();
  while (!signal.aborted) {
    const { current, changed } = reading.acquisition.plans;
    const groups = current.subscriptions.map(({ group }) => group);
    for (const [group, { ending, task }] of running) {
      if (groups.includes(group)) continue;
      running.delete(group);
      ending.abort();
      await task;
    }
    for (const group of groups) {
      if (running.has(group)) continue;
      const ending = new AbortController();
      const context = { ...reading.context, signal: AbortSignal.any([signal, ending.signal]) };
      const task = subscribe({ ...reading, context }, group).catch(reading.fail);
      running.set(group, { ending, task });
    }
    await aborted(AbortSignal.any([signal, changed]));
  }
  await Promise.all([...running.values()].map(({ task }) => task));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function subscribe(reading: Reading, group: PointGroup): Promise<void> {
  const { connection, acquisition, context } = reading;
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

/**
 * Scans plan after plan. What is being read when another plan comes is read to its end, and scan
 * classes keep their phase: nobody misses a scan by it.
 */
async function scanPlans(reading: Reading): Promise<void> {
  const { acquisition, context, fail } = reading;
  const { plans, live } = acquisition;
  const dueMs = new Map<number, number>();
  const triggers = new EventTriggers(plans, live, context.signal);
  const read = readerOf(reading);
  let before: AcquisitionPlan | null = null;
  while (!context.signal.aborted) {
    const { current: plan, changed } = plans;
    const turn = AbortSignal.any([context.signal, changed]);
    if (before) triggers.addFresh(freshIn(plan, before));
    const parts = { acquisition, triggers, read, dueMs, turn };
    const loops = scanOf(reading, plan, parts).map((loop) => loop.catch(fail));
    await Promise.all(loops);
    before = plan;
    const intervalsMs = plan.scanClasses.map(({ intervalMs }) => intervalMs);
    for (const known of dueMs.keys()) if (!intervalsMs.includes(known)) dueMs.delete(known);
  }
}

/** Each task runs until its turn is over, or rejects when the line is lost. */
function scanOf(
  { connection, context }: Reading,
  { scanClasses }: AcquisitionPlan,
  parts: ScanParts,
): readonly Promise<void>[] {
  const { clock } = context;
  // A scan finds out by itself. Where nobody scans, a proxy's clients would wait for ever.
  const watching = scanClasses.length === 0 ? [untilEnded(connection, parts.turn)] : [];
  if (!connection.schedule) return [scanInTurn(scanClasses, parts, clock), ...watching];
  connection.schedule(
    scanClasses.map(({ intervalMs, group }) => ({ intervalMs, points: group.points })),
  );
  const loops = scanClasses.map((scanClass) =>
    scanInTurn([scanClass], { ...parts, triggers: NO_TRIGGERS }, clock),
  );
  return [...loops, scanInTurn([], parts, clock), ...watching];
}

/** Reads a group once and hands its samples on. */
function readerOf({ connection, acquisition, context: { clock, signal } }: Reading) {
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
    if (isAnswered(samples) || readCount++ > 0) acquisition.onAnswer();
    const heard = acquisition.backfill?.heard([...samples], clock.nowMs()) ?? samples;
    acquisition.keep(group.take(heard, nowMs));
  };
}

function isAnswered(samples: Samples): boolean {
  for (let index = 0; index < samples.length; index++) {
    if (samples.at(index)?.quality !== "bad") return true;
  }
  return false;
}

interface ScanParts {
  readonly acquisition: Acquisition;
  readonly triggers: Triggers;
  readonly read: (group: PointGroup) => Promise<void>;
  /** By interval: when a class is due next, whatever plan it is in. */
  readonly dueMs: Map<number, number>;
  /** Aborts when another plan is to be scanned, or none. */
  readonly turn: AbortSignal;
}

/** Scans the classes one at a time, and before them whatever an event asks for. */
async function scanInTurn(
  scanClasses: AcquisitionPlan["scanClasses"],
  { acquisition, triggers, read, dueMs, turn }: ScanParts,
  clock: Context["clock"],
): Promise<void> {
  const intervalsMs = scanClasses.map(({ intervalMs }) => intervalMs);
  const schedule = new Schedule(intervalsMs, clock.monotonicMs(), dueMs);
  while (!turn.aborted) {
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
    await triggers.sleep(sleep, turn);
  }
}

/** Timers hold 31 bits; a channel that only listens sleeps an hour at a time. */
const SLEEP_MAX_MS = 3_600_000;
const waitMs = (schedule: Schedule, nowMs: number) =>
  Math.min(SLEEP_MAX_MS, schedule.waitMs(nowMs));
