import { readCommits } from "./committed-log.ts";
import { type KillPlanOptions, planKills, type Victim } from "./kill-plan.ts";
import {
  endKillRig,
  type KillRig,
  linesOf,
  removeKillRig,
  SAMPLES_PER_SECOND,
  startKillRig,
} from "./kill-rig.ts";
import { RecordVerifier, type StoredSample, type Verdict } from "./verify-record.ts";

/** What the kill test is told. */
export interface KillTestOptions extends KillPlanOptions {
  /** A built `main.js`. */
  readonly program: string;
  readonly say: (line: string) => void;
}

/** What it found. */
export interface KillTestResult extends Verdict {
  readonly kills: number;
  readonly holes: number;
  readonly gaps: number;
  readonly conflicts: number;
  readonly duplicatesDropped: number;
  /** Of the samples that meters without any fault would have given, how many were committed. */
  readonly coverage: number;
  /** From the last kill until nothing was left to send. */
  readonly drainMs: number;
  /** Each a sentence; none if all is well. */
  readonly violations: readonly string[];
  /** Kept where something is wrong. */
  readonly folder: string;
}

/** The part of `receive status --json` that is judged. */
interface Status {
  readonly epochs: readonly {
    readonly stream: string;
    readonly epoch: string;
    readonly holes: readonly (readonly [number, number])[];
    readonly gaps: readonly unknown[];
    readonly duplicateCount: number;
    readonly conflictCount: number;
  }[];
}

const DRAIN_MS_MAX = 60_000;
const STOP_MS_MAX = 8_000;

/** Kills at random, lets everything come to rest, and compares the record with the commits. */
export async function runKillTest(options: KillTestOptions): Promise<KillTestResult> {
  const rig = await startKillRig(options.program);
  let readings: number | null = null;
  try {
    const kills = await killAll(rig, options);
    const settled = await settle(rig);
    readings = await endKillRig(rig);
    const status = await readStatus(rig);
    const verdict = await verify(rig, readings);
    const result = judge({ verdict, status, settled, kills, options, rig });
    if (result.violations.length === 0) await removeKillRig(rig);
    return result;
  } finally {
    if (readings === null) await endKillRig(rig);
  }
}

/** Each victim dies and rises by its own list; resolves when all have risen for the last time. */
async function killAll(rig: KillRig, options: KillTestOptions): Promise<number> {
  const plan = planKills(options);
  const startedMs = performance.now();
  const strike = {
    gateway: { kill: () => rig.gateway.kill(), start: async () => rig.gateway.start() },
    broker: { kill: () => rig.broker.kill(), start: () => rig.broker.restart() },
    receiver: { kill: () => rig.receiver.kill(), start: async () => rig.receiver.start() },
  };
  const fate = async (victim: Victim) => {
    for (const { atMs, downMs } of plan.filter((kill) => kill.victim === victim)) {
      await pause(startedMs + atMs - performance.now());
      options.say(`${((performance.now() - startedMs) / 1000).toFixed(1)} s: kill ${victim}`);
      await strike[victim].kill();
      await pause(downMs);
      await strike[victim].start();
    }
  };
  await Promise.all((["gateway", "broker", "receiver"] as const).map(fate));
  await pause(startedMs + options.durationMs - performance.now());
  return plan.length;
}

interface Settled {
  readonly drainMs: number;
  readonly violations: readonly string[];
}

/** No more kills: the backlog goes out, then everyone is stopped as a person would. */
async function settle(rig: KillRig): Promise<Settled> {
  const startedMs = performance.now();
  const violations: string[] = [];
  const isDrained = await until(async () => (await backlogOf(rig)) === 0, DRAIN_MS_MAX);
  if (!isDrained) violations.push(`backlog ${await backlogOf(rig)} blocks after a minute`);
  const drainMs = Math.round(performance.now() - startedMs);
  const gatewayCode = await rig.gateway.stop(STOP_MS_MAX);
  if (gatewayCode !== 0) violations.push(`the gateway stopped with ${gatewayCode}`);
  const isComplete = async () => holesIn(await readStatus(rig)) === 0;
  await until(isComplete, DRAIN_MS_MAX);
  const receiverCode = await rig.receiver.stop(STOP_MS_MAX);
  if (receiverCode !== 0) violations.push(`the receiver stopped with ${receiverCode}`);
  violations.push(...rig.gateway.surprises, ...rig.receiver.surprises);
  return { drainMs, violations };
}

/** Blocks that upstream has not acknowledged; null while the gateway does not answer. */
async function backlogOf({ webPort }: KillRig): Promise<number | null> {
  try {
    const answer = await fetch(`http://127.0.0.1:${webPort}/api/status`);
    const { uplinks } = (await answer.json()) as { uplinks: { backlog: { blocks: number } }[] };
    return uplinks[0]?.backlog.blocks ?? null;
  } catch {
    return null; // It is starting.
  }
}

async function readStatus({ program, store }: KillRig): Promise<Status> {
  let text = "";
  for await (const line of linesOf(program, ["receive", "status", "--store", store, "--json"])) {
    text += line;
  }
  return JSON.parse(text) as Status;
}

async function verify({ program, store, gateway }: KillRig, readings: number): Promise<Verdict> {
  const verifier = new RecordVerifier(readings);
  for await (const line of linesOf(program, ["receive", "export", "--store", store])) {
    verifier.add(JSON.parse(line) as StoredSample);
  }
  const commits = [];
  for (const path of gateway.logPaths) commits.push(...(await readCommits(path)));
  return verifier.verdict(commits);
}

/** Half of the longest death, the start, and what a commit interval had not made safe yet. */
const LOST_MS_A_KILL = 2_500;
/** A busy machine may miss scans. */
const MISSED_MAX = 0.3;

/** A gateway that takes nothing loses nothing: it must have worked, too. */
function coverageMin({ kills, durationMs }: KillTestOptions): number {
  return 1 - (kills.gateway * LOST_MS_A_KILL) / durationMs - MISSED_MAX;
}

interface Evidence {
  readonly verdict: Verdict;
  readonly status: Status;
  readonly settled: Settled;
  readonly kills: number;
  readonly options: KillTestOptions;
  readonly rig: KillRig;
}

function judge({ verdict, status, settled, kills, options, rig }: Evidence): KillTestResult {
  const { epochs } = status;
  const sum = (of: (epoch: Status["epochs"][number]) => number) =>
    epochs.reduce((total, epoch) => total + of(epoch), 0);
  const figures = {
    holes: holesIn(status),
    gaps: sum(({ gaps }) => gaps.length),
    conflicts: sum(({ conflictCount }) => conflictCount),
    duplicatesDropped: sum(({ duplicateCount }) => duplicateCount),
    coverage: verdict.committedCount / ((SAMPLES_PER_SECOND * options.durationMs) / 1000),
  };
  const { lostCount, twiceCount, wrongCount } = verdict;
  const lives = epochs.filter(({ stream }) => stream === "main").length;
  const violations = [
    ...settled.violations,
    ...(lostCount > 0 ? [`${lostCount} samples lost after commit`] : []),
    ...(twiceCount > 0 ? [`${twiceCount} samples stored twice`] : []),
    ...(wrongCount > 0 ? [`${wrongCount} samples wrong`] : []),
    ...(figures.holes > 0 ? [`${figures.holes} holes`] : []),
    ...(figures.gaps > 0 ? [`${figures.gaps} gaps`] : []),
    ...(figures.conflicts > 0 ? [`${figures.conflicts} conflicts`] : []),
    ...(lives === 1 ? [] : [`${lives} epochs of samples: a kill must not begin a new one`]),
    ...(figures.coverage < coverageMin(options) ? [`only ${figures.coverage} of all taken`] : []),
  ];
  const { drainMs } = settled;
  return { ...verdict, ...figures, kills, drainMs, violations, folder: rig.folder };
}

function holesIn({ epochs }: Status): number {
  return epochs.reduce((total, { holes }) => total + holes.length, 0);
}

/** True as soon as it holds; false after `timeoutMs`. */
async function until(holds: () => Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) return false;
    await pause(20);
  }
  return true;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
