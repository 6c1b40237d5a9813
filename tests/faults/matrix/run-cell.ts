import { lastHeads, until } from "./at-rest.ts";
import { type Cell, type CellResult, nameOf } from "./cell.ts";
import { type Fault, pause } from "./fault.ts";
import { FAULTS } from "./faults-of.ts";
import { type Findings, judge, receiverViewOf } from "./judge.ts";
import { endRig, type Rig, removeRig, startRig, viewOf } from "./rig.ts";

/** How one square is run. */
export interface CellOptions {
  readonly seed: number;
  readonly seconds: number;
  /** A built `main.js`. */
  readonly program: string;
}

const UP_MS_MAX = 60_000;
const RECOVERY_MS_MAX = 90_000;
const STOP_MS_MAX = 20_000;

/** Starts everything, strikes, lets it come to rest, and compares. */
export async function runCell(cell: Cell, options: CellOptions): Promise<CellResult> {
  const { seed, seconds, program } = options;
  const fault = FAULTS[cell.fault];
  if (!fault) throw new Error(`no fault "${cell.fault}"`);
  const rig = await startRig({ cell, seed, program, extras: fault.extras ?? {} });
  let result: CellResult | null = null;
  try {
    const strikes = await strike(rig, fault, seconds);
    const { recoveryMs, readings, violations } = await settle(rig, fault);
    const findings = await judge(rig, fault, readings);
    const all = [...violations, ...findings.violations];
    result = resultOf({ cell, options, fault, findings, recoveryMs, strikes, violations: all });
    return result;
  } catch (error) {
    throw new Error(`${nameOf(cell)}, files in ${rig.folder}`, { cause: error });
  } finally {
    await endRig(rig);
    if (result?.violations.length === 0) await removeRig(rig);
  }
}

async function strike(rig: Rig, fault: Fault, seconds: number): Promise<number> {
  const isUp = async () => (await viewOf(rig))?.uplinks[0]?.state.kind === "up";
  if (!(await until(isUp, UP_MS_MAX))) throw new Error("the uplink did not come up at first");
  await pause(500);
  return fault.strike(rig, seconds);
}

interface Settled {
  readonly recoveryMs: number;
  readonly readings: number;
  readonly violations: readonly string[];
}

/** No more faults and no more readings: all that there is goes out. */
async function settle(rig: Rig, fault: Fault): Promise<Settled> {
  const startedMs = performance.now();
  const violations: string[] = [];
  const patienceMs = fault.recoveryMsMax ?? RECOVERY_MS_MAX;
  const isCaughtUp = async () => ((await viewOf(rig))?.uplinks[0]?.backlog.blocks ?? 99) <= 2;
  if (!(await until(isCaughtUp, patienceMs))) violations.push("the backlog was not sent");
  const recoveryMs = Math.round(performance.now() - startedMs);
  const readings = await rig.meters.stop();
  const heads = await lastHeads(rig, patienceMs);
  if (!heads) violations.push("the backlog did not end");
  else if (!(await until(() => isComplete(rig, heads), patienceMs))) {
    violations.push("upstream is not complete");
  }
  const code = await rig.gateway.stop(STOP_MS_MAX);
  if (code !== 0) violations.push(`the gateway stopped with ${code}`);
  const receiverCode = (await rig.receiver?.stop(STOP_MS_MAX)) ?? 0;
  if (receiverCode !== 0) violations.push(`the receiver stopped with ${receiverCode}`);
  return { recoveryMs, readings, violations };
}

async function isComplete(rig: Rig, heads: ReadonlyMap<string, number>): Promise<boolean> {
  if (rig.recorder) return isQuiet(rig.recorder);
  const { epochs } = await receiverViewOf(rig);
  const ends = new Map(epochs.map(({ epoch, contiguousEnd }) => [epoch, contiguousEnd]));
  return [...heads].every(([epoch, head]) => (ends.get(epoch) ?? 0) >= head);
}

/** Longer than the recorder needs to find out that its connection is half-open. */
const QUIET_MS = 8000;

/** What a broker still delivers, it delivers within seconds. */
async function isQuiet(recorder: { readonly size: number }): Promise<boolean> {
  const before = recorder.size;
  await pause(QUIET_MS);
  return recorder.size === before;
}

interface Parts {
  readonly cell: Cell;
  readonly options: CellOptions;
  readonly fault: Fault;
  readonly findings: Findings;
  readonly recoveryMs: number;
  readonly strikes: number;
  readonly violations: readonly string[];
}

/** Where something is not promised, that it did not hold is no violation; it is told. */
function resultOf({ cell, options, fault, findings, ...rest }: Parts): CellResult {
  const { committed, stored, lost, twice, wrong, gone } = findings;
  const notPromised = fault.notPromised?.(cell) ?? "";
  const { recoveryMs, strikes } = rest;
  return {
    ...cell,
    seed: options.seed,
    at: new Date().toISOString(),
    seconds: options.seconds,
    ...{ committed, stored, lost, twice, wrong, gone, recoveryMs, strikes, notPromised },
    violations: notPromised === "" ? [...rest.violations, ...examplesOf(findings)] : [],
  };
}

function examplesOf({ violations, examples }: Findings): readonly string[] {
  return violations.length > 0 ? examples.slice(0, 5) : [];
}
