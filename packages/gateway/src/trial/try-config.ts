import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeError, type UplinkStep } from "@headgate/model";
import type { Channel } from "../channel.ts";
import type { ConfigChange } from "../compare-configs.ts";
import type { GatewayConfig, UplinkConfig } from "../config/config.ts";
import { type Evidence, type EvidenceCode, said, type TrialItem } from "./evidence.ts";
import { type TrialContext, tryChannel } from "./try-channel.ts";

/** Whoever tests stands there and waits. */
const TRIAL_MS_MAX = 12_000;
/** A driver that does not end when it is told to is left behind so soon. */
const GRACE_MS = 500;
const PARTS_MAX = 32;

/** What a trial is made of. */
export interface Trial {
  readonly next: GatewayConfig;
  readonly change: ConfigChange;
  readonly running: readonly Channel[];
}

/**
 * Tries what is new or changed: opens it, reads one round, has a message taken. Nothing is kept,
 * nothing that runs is interrupted. Never rejects.
 */
export async function tryConfig(
  { next, change, running }: Trial,
  lent: Omit<TrialContext, "directory">,
): Promise<readonly TrialItem[]> {
  const directory = await mkdtemp(join(tmpdir(), "headgate-trial-"));
  const ending = new AbortController();
  const signal = AbortSignal.any([lent.signal, ending.signal]);
  const context = { ...lent, signal, directory };
  try {
    const parts = [
      ...channelsIn({ next, change, running }, context),
      ...uplinksIn(next, change, context),
    ];
    const tried = parts.slice(0, PARTS_MAX).map((part) => inTime(part, ending, lent.clock));
    const rest = parts.slice(PARTS_MAX).map((part) => untried(part, "too-many"));
    return [...(await Promise.all(tried)).flat(), ...rest];
  } finally {
    ending.abort();
    await rm(directory, { recursive: true, force: true });
  }
}

interface Part {
  readonly kind: "channel" | "uplink";
  readonly id: string;
  attempt(): Promise<readonly TrialItem[]>;
}

function channelsIn({ next, change, running }: Trial, context: TrialContext): readonly Part[] {
  return next.channels.flatMap((channel): Part[] => {
    const { id } = channel;
    const what = change.channels.get(id);
    if (what === undefined || what === "removed") return [];
    const own = { ...context, directory: join(context.directory, "channels", id) };
    const attempt = () => tryChannel(channel, what, { running, context: own });
    return [{ kind: "channel", id, attempt }];
  });
}

function uplinksIn(next: GatewayConfig, change: ConfigChange, context: TrialContext): Part[] {
  return next.uplinks.flatMap((uplink): Part[] => {
    const { id } = uplink;
    const what = change.uplinks.get(id);
    if (what === undefined || what === "removed") return [];
    const attempt = async () => [await tryUplink(uplink, next.gateway.id, context)];
    return [{ kind: "uplink", id, attempt }];
  });
}

async function tryUplink(
  { id, uplink, settings }: UplinkConfig,
  gatewayId: string,
  context: TrialContext,
): Promise<TrialItem> {
  const startedMs = context.clock.monotonicMs();
  const item = (outcome: TrialItem["outcome"], evidence: readonly Evidence[]): TrialItem => {
    const tookMs = context.clock.monotonicMs() - startedMs;
    return { kind: "uplink", id, outcome, tookMs, evidence };
  };
  if (!uplink.test) return item("untried", [said("no-probe", { type: uplink.type })]);
  try {
    const steps = await uplink.test(settings, { gatewayId }, context);
    const isGood = steps.every(({ outcome }) => outcome === "ok");
    return item(isGood ? "good" : "bad", steps.map(evidenceOf));
  } catch (error) {
    return item("bad", [said("failed", { reason: describeError(error) })]);
  }
}

function evidenceOf({ step, outcome, tookMs, detail }: UplinkStep): Evidence {
  return said("step", { step, outcome, ms: Math.round(tookMs), detail });
}

/** A part that takes too long is told to end, and left behind if it does not. */
async function inTime(
  part: Part,
  ending: AbortController,
  clock: TrialContext["clock"],
): Promise<readonly TrialItem[]> {
  const isDone = new AbortController();
  const late = clock
    .sleep(TRIAL_MS_MAX, isDone.signal)
    .then(() => {
      if (!isDone.signal.aborted) ending.abort();
      return clock.sleep(GRACE_MS, isDone.signal);
    })
    .then(() => [{ ...untried(part, "late"), outcome: "bad" as const, tookMs: TRIAL_MS_MAX }]);
  try {
    return await Promise.race([part.attempt(), late]);
  } finally {
    isDone.abort();
  }
}

function untried({ kind, id }: Part, code: EvidenceCode): TrialItem {
  const evidence = [said(code, { seconds: TRIAL_MS_MAX / 1000 })];
  return { kind, id, outcome: "untried", tookMs: 0, evidence };
}
