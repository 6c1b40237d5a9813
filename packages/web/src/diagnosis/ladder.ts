import type {
  BufferSummary,
  ChannelStatus,
  DeviceView,
  PointView,
  UnitCounters,
  UplinkStatus,
} from "@headgate/gateway/api-types";
import type { English } from "../text/en.ts";
import { partKind, partReason } from "./part-kind.ts";
import { pointMark } from "./point-mark.ts";
import { CONNECTED_BUT_SILENT, type ReasonPlace, reasonPlace } from "./reason-place.ts";
import type { Told } from "./told.ts";

/** "later": a rung before it is broken. "unknown": nobody counts there. */
export type Verdict = "ok" | "warning" | "failed" | "unknown" | "later";

/** One step on the way of a number, with what is known of it. */
export interface Rung {
  readonly name: keyof English;
  readonly verdict: Verdict;
  readonly evidence?: Told;
  /** As the device or the gateway said it. */
  readonly reason?: string;
  readonly todo?: keyof English;
}

/** From the line to the values of one device. */
export function deviceLadder(
  device: DeviceView,
  channel: ChannelStatus | null,
  points: readonly PointView[],
): readonly Rung[] {
  const fault = commonFault(points);
  const rungs = [linkRung(channel), ...busRungs(device.counters, fault)];
  return [...untilBroken(rungs), valuesRung(points)];
}

/** From the line to the acknowledgement of one point. */
export function pointLadder(point: PointView, seen: Seen): readonly Rung[] {
  const { channel, counters, buffer, uplinks, nowMs } = seen;
  const fault = point.quality === "bad" ? (point.reason ?? "") : null;
  const rungs = [
    linkRung(channel),
    ...busRungs(counters, fault),
    decodeRung(point, { fault, nowMs }),
    deadbandRung(point),
  ];
  const upstream = uplinkRungs(uplinks, { nowMs, sampleMs: point.timestampMs });
  return [...untilBroken(rungs), storedRung(buffer), ...upstream];
}

interface Seen {
  readonly channel: ChannelStatus | null;
  readonly counters: UnitCounters | null;
  readonly buffer: BufferSummary;
  readonly uplinks: readonly UplinkStatus[];
  readonly nowMs: number;
}

/** The reason that all points of a device share; null while one of them has a value. */
function commonFault(points: readonly PointView[]): string | null {
  const first = points.find(({ quality }) => quality !== "silent");
  if (!first || points.some(({ quality }) => quality === "good" || quality === "uncertain")) {
    return null;
  }
  return first.reason;
}

function untilBroken(rungs: readonly Rung[]): readonly Rung[] {
  const broken = rungs.findIndex(({ verdict }) => verdict === "failed");
  if (broken < 0) return rungs;
  return rungs.map((rung, index) =>
    index > broken ? { name: rung.name, verdict: "later" as const } : rung,
  );
}

function linkRung(channel: ChannelStatus | null): Rung {
  const name = "rung.link";
  if (channel === null) return { name, verdict: "unknown" };
  const { state, driver, id } = channel;
  const evidence: Told = { key: "rung.linkIs", values: { channel: id, driver } };
  const kind = partKind(state);
  if (kind === "none" || CONNECTED_BUT_SILENT.test(partReason(state))) {
    return { name, verdict: "ok", evidence };
  }
  if (kind === "busy") return { name, verdict: "warning", evidence: { key: "rung.opening" } };
  const todo = kind === "failure" ? "todo.parked" : "todo.link";
  return { name, verdict: "failed", reason: partReason(state), todo };
}

/** Of requests, from which share on something is worth a look. */
const DAMAGE_SHARE = 0.01;
const SILENCE_SHARE = 0.02;

function busRungs(counters: UnitCounters | null, fault: string | null): readonly Rung[] {
  const place = fault === null ? null : placeOf(fault, counters);
  const at = (where: ReasonPlace) => (place === where ? (fault ?? "") : null);
  return [
    answerRung(counters, at("answer")),
    damageRung(counters, at("damage")),
    exceptionRung(counters, at("exception")),
  ];
}

/** To a driver a damaged answer is none: what was counted on the line tells them apart. */
function placeOf(fault: string, counters: UnitCounters | null): ReasonPlace {
  const place = reasonPlace(fault);
  if (place !== "answer" || !counters) return place;
  const { checksumCount, malformedCount, foreignCount, timeoutCount, requestCount } = counters;
  const damagedCount = checksumCount + malformedCount + foreignCount;
  const isDamaged = damagedCount > requestCount * DAMAGE_SHARE && damagedCount >= timeoutCount;
  return isDamaged ? "damage" : place;
}

function answerRung(counters: UnitCounters | null, reason: string | null): Rung {
  const name = "rung.answer";
  const evidence = counters ? answersTold(counters) : undefined;
  if (reason !== null) {
    return { name, verdict: "failed", ...(evidence && { evidence }), reason, todo: "todo.answer" };
  }
  if (!counters || counters.requestCount === 0) return { name, verdict: "unknown" };
  const isOften = counters.timeoutCount / counters.requestCount > SILENCE_SHARE;
  if (!isOften) return { name, verdict: "ok", evidence: answersTold(counters) };
  return { name, verdict: "warning", evidence: answersTold(counters), todo: "todo.silences" };
}

function answersTold({ requestCount, timeoutCount, roundTripMs }: UnitCounters): Told {
  const values = { requests: requestCount, timeouts: timeoutCount, ms: roundTripMs?.p50 ?? 0 };
  return { key: roundTripMs ? "rung.answers" : "rung.noAnswers", values };
}

function damageRung(counters: UnitCounters | null, reason: string | null): Rung {
  const name = "rung.damage";
  if (!counters || counters.requestCount === 0) {
    if (reason === null) return { name, verdict: "unknown" };
    return { name, verdict: "failed", reason, todo: "todo.damage" };
  }
  const { checksumCount, malformedCount, foreignCount, requestCount } = counters;
  const count = checksumCount + malformedCount + (reason === null ? 0 : foreignCount);
  const evidence: Told = { key: "rung.damaged", values: { count, requests: requestCount } };
  if (reason !== null) return { name, verdict: "failed", evidence, reason, todo: "todo.damage" };
  if (count / requestCount <= DAMAGE_SHARE) return { name, verdict: "ok", evidence };
  return { name, verdict: "warning", evidence, todo: "todo.damage" };
}

function exceptionRung(counters: UnitCounters | null, reason: string | null): Rung {
  const name = "rung.exception";
  if (reason !== null) return { name, verdict: "failed", reason, todo: "todo.exception" };
  if (!counters) return { name, verdict: "unknown" };
  const codes = Object.entries(counters.exceptions);
  if (codes.length === 0) return { name, verdict: "ok", evidence: { key: "rung.noExceptions" } };
  const list = codes.map(([code, count]) => `${code} × ${count}`).join(", ");
  return { name, verdict: "ok", evidence: { key: "rung.exceptions", values: { list } } };
}

function decodeRung(
  point: PointView,
  { fault, nowMs }: { fault: string | null; nowMs: number },
): Rung {
  const name = "rung.decode";
  if (fault !== null && reasonPlace(fault) === "decode") {
    return { name, verdict: "failed", reason: fault, todo: "todo.decode" };
  }
  if (fault !== null && reasonPlace(fault) === "nowhere") {
    return { name, verdict: "unknown", reason: fault };
  }
  const mark = pointMark(point, nowMs);
  if (mark === "silent") return { name, verdict: "unknown", evidence: { key: "rung.silent" } };
  if (mark === "implausible") {
    const evidence: Told = { key: "rung.implausible" };
    return { name, verdict: "warning", evidence, todo: "todo.implausible" };
  }
  if (mark === "stale") return { name, verdict: "warning", evidence: { key: "rung.stale" } };
  if (mark === "uncertain")
    return { name, verdict: "warning", evidence: { key: "rung.uncertain" } };
  return { name, verdict: "ok", evidence: { key: "rung.decoded" } };
}

/** A number that hardly moves is read, and makes no sample. */
function deadbandRung({ deadband, unit }: PointView): Rung {
  const name = "rung.deadband";
  if (deadband === null) return { name, verdict: "ok", evidence: { key: "rung.keepsAll" } };
  const { change, heartbeatMs } = deadband;
  const seconds = heartbeatMs / 1000;
  const key = change === 0 ? "rung.keepsChanges" : "rung.keepsFrom";
  return { name, verdict: "ok", evidence: { key, values: { change, unit, seconds } } };
}

function valuesRung(points: readonly PointView[]): Rung {
  const name = "rung.values";
  const good = points.filter(({ quality }) => quality === "good").length;
  const values = { good, total: points.length };
  const verdict = good === points.length ? "ok" : good === 0 ? "failed" : "warning";
  return { name, verdict, evidence: { key: "rung.valuesAre", values } };
}

function storedRung(buffer: BufferSummary): Rung {
  const name = "rung.stored";
  const [problem] = buffer.problems;
  if (problem !== undefined) {
    return { name, verdict: "failed", reason: problem, todo: "todo.buffer" };
  }
  const { committedCount, appendedCount, droppedCount, gapCount } = buffer;
  if (droppedCount > 0) {
    const values = { count: droppedCount, gaps: gapCount };
    return { name, verdict: "warning", evidence: { key: "rung.dropped", values } };
  }
  const values = { count: committedCount, waiting: Math.max(0, appendedCount - committedCount) };
  return { name, verdict: "ok", evidence: { key: "rung.storedIs", values } };
}

/** When it is looked at, and of when the sample is that is looked for. */
interface Moment {
  readonly nowMs: number;
  readonly sampleMs: number | null;
}

/** From the buffer to the acknowledgement, of each uplink. */
export function uplinkRungs(uplinks: readonly UplinkStatus[], moment: Moment): readonly Rung[] {
  if (uplinks.length === 0) {
    return [{ name: "rung.sent", verdict: "failed", todo: "todo.noUplink" }];
  }
  return uplinks.flatMap((uplink) =>
    untilBroken([sentRung(uplink), acknowledgedRung(uplink, moment)]),
  );
}

function sentRung({ id, state }: UplinkStatus): Rung {
  const name = "rung.sent";
  const evidence: Told = { key: "rung.uplinkIs", values: { uplink: id } };
  if (partKind(state) === "none") return { name, verdict: "ok", evidence };
  if (state.kind === "opening") return { name, verdict: "warning", evidence };
  return { name, verdict: "failed", evidence, reason: partReason(state), todo: "todo.uplink" };
}

/** A block or two are always on their way. */
const ON_THEIR_WAY_MAX = 20;

/** An acknowledgement takes its way, and a buffer writes now and then. */
const ACK_MS_MAX = 60_000;

function acknowledgedRung(uplink: UplinkStatus, { nowMs, sampleMs }: Moment): Rung {
  const { id, backlog, silentReceivers, lastAckMs } = uplink;
  const name = "rung.acknowledged";
  if (silentReceivers.length > 0) {
    const list = silentReceivers.map((receiver) => receiver.id).join(", ");
    const evidence: Told = { key: "rung.silentReceiver", values: { list } };
    return { name, verdict: "failed", evidence, todo: "todo.receiver" };
  }
  if (lastAckMs === null) {
    return { name, verdict: "warning", evidence: { key: "rung.ackNever", values: { uplink: id } } };
  }
  const seconds = Math.max(0, Math.round((nowMs - lastAckMs) / 1000));
  const evidence: Told = {
    key: "rung.backlog",
    values: { uplink: id, count: backlog.blocks, seconds },
  };
  const isBehind = sampleMs !== null && sampleMs - lastAckMs > ACK_MS_MAX;
  const isLate = backlog.blocks > ON_THEIR_WAY_MAX || isBehind;
  return { name, verdict: isLate ? "warning" : "ok", evidence };
}
