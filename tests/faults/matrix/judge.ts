import { readFile } from "node:fs/promises";
import { readCommits } from "../committed-log.ts";
import { linesOf } from "../kill-rig.ts";
import { RecordVerifier, type StoredSample } from "../verify-record.ts";
import type { Fault } from "./fault.ts";
import type { Rig } from "./rig.ts";

/** The part of `receive status --json` that is judged. */
export interface ReceiverView {
  readonly epochs: readonly {
    readonly stream: string;
    readonly epoch: string;
    readonly contiguousEnd: number;
    readonly holes: readonly unknown[];
    readonly gaps: readonly { first: number; last: number; sampleCount: number }[];
    readonly conflictCount: number;
  }[];
}

export async function receiverViewOf({ program, store }: Rig): Promise<ReceiverView> {
  let text = "";
  for await (const line of linesOf(program, ["receive", "status", "--store", store, "--json"])) {
    text += line;
  }
  return JSON.parse(text) as ReceiverView;
}

/** What the record came to. */
export interface Findings {
  readonly committed: number;
  readonly stored: number;
  readonly lost: number;
  readonly twice: number;
  readonly wrong: number;
  readonly gone: number;
  readonly violations: readonly string[];
  readonly examples: readonly string[];
}

/** Compares what upstream has with what the gateway committed and the meters served. */
export async function judge(rig: Rig, fault: Fault, readings: number): Promise<Findings> {
  const verifier = new RecordVerifier(readings);
  for await (const sample of recordOf(rig)) verifier.add(sample);
  const commits = [];
  for (const path of rig.gateway.logPaths) commits.push(...(await readCommits(path)));
  const view = rig.receiver ? await receiverViewOf(rig) : { epochs: [] };
  const main = view.epochs.filter(({ stream }) => stream === "main");
  const gaps = main.flatMap(({ epoch, gaps: ofEpoch }) => {
    return ofEpoch.map(({ first, last }) => ({ epoch, first, last }));
  });
  const verdict = verifier.verdict(commits, gaps);
  const { committedCount, storedCount, lostCount, twiceCount, wrongCount, goneCount } = verdict;
  const count = (of: (epoch: ReceiverView["epochs"][number]) => number) =>
    view.epochs.reduce((sum, epoch) => sum + of(epoch), 0);
  const holes = count((epoch) => epoch.holes.length);
  const conflicts = count((epoch) => epoch.conflictCount);
  const violations = [
    ...rig.gateway.surprises,
    ...(rig.receiver?.surprises ?? []),
    ...(lostCount > 0 ? [`${lostCount} samples lost after commit`] : []),
    ...(twiceCount > 0 ? [`${twiceCount} samples stored twice`] : []),
    ...(wrongCount > 0 ? [`${wrongCount} samples wrong`] : []),
    ...(holes > 0 ? [`${holes} holes`] : []),
    ...(conflicts > 0 ? [`${conflicts} conflicts`] : []),
    ...(gaps.length > 0 && !fault.mayHaveGaps ? [`${gaps.length} gaps`] : []),
    ...(main.length > 1 && !fault.mayHaveEpochs ? [`${main.length} epochs`] : []),
    ...((await isFelt(rig, fault)) ? [] : ["the gateway's log has no trace of the fault"]),
    ...(committedCount === 0 ? ["nothing was committed"] : []),
  ];
  return {
    committed: committedCount,
    stored: storedCount,
    lost: lostCount,
    twice: twiceCount,
    wrong: wrongCount,
    gone: goneCount,
    violations,
    examples: verdict.examples,
  };
}

async function isFelt({ gateway }: Rig, fault: Fault): Promise<boolean> {
  if (!fault.isEvident) return true;
  const logs = await Promise.all(gateway.logPaths.map((path) => readFile(path, "utf8")));
  return fault.isEvident(logs.join("\n"));
}

async function* recordOf({ program, store, recorder }: Rig): AsyncGenerator<StoredSample> {
  if (recorder) {
    yield* recorder.samples();
    return;
  }
  for await (const line of linesOf(program, ["receive", "export", "--store", store])) {
    yield JSON.parse(line) as StoredSample;
  }
}
