import type { StreamFill } from "@headgate/model";
import type { ChannelStatus, GatewayStatus, UplinkStatus } from "../../status.ts";
import { type Html, html } from "./html.ts";
import { sayReason } from "./said.ts";
import type { BasicText, Words } from "./texts.ts";

/** Something that needs a person. */
export interface BasicTrouble {
  readonly kind: "failure" | "warning";
  readonly what: string;
  readonly reason: string;
  readonly todo: string;
  /** Null where nobody knows. */
  readonly sinceMs: number | null;
}

const FULL_FROM = 0.8;
const STREAM_TEXTS: Readonly<Record<string, BasicText>> = {
  main: "streamMain",
  events: "streamEvents",
  history: "streamHistory",
  media: "streamMedia",
};

/** Of the buffer's room what some uplink has not got yet, from 0 to 1. */
export function shareInUse({ usedBytes, ackedBytes, capacityBytesMax }: StreamFill): number {
  return capacityBytesMax > 0 ? Math.max(0, usedBytes - ackedBytes) / capacityBytesMax : 0;
}

export function streamText(stream: string): BasicText {
  return STREAM_TEXTS[stream] ?? "streamMain";
}

/** Everything that needs somebody, failures first. */
export function troublesOf(status: GatewayStatus, words: Words): readonly BasicTrouble[] {
  const found = [
    ...status.channels.flatMap((channel) => ofChannel(channel, words)),
    ...ofPoints(status, words),
    ...ofBuffer(status, words),
    ...ofUplinks(status.uplinks, words),
    ...ofProbation(status, words),
  ];
  return found.sort((a, b) => Number(b.kind === "failure") - Number(a.kind === "failure"));
}

function ofChannel({ id, state, notices }: ChannelStatus, { say, lang }: Words): BasicTrouble[] {
  if (state.kind === "up" || state.kind === "opening") {
    return notices.map(({ text }): BasicTrouble => {
      const what = `${say("channel")} ${id}`;
      const reason = sayReason(text, lang);
      return { kind: "warning", what, reason, todo: "", sinceMs: null };
    });
  }
  const reason = sayReason(state.reason, lang);
  const what = say("channelDown", { id });
  return [{ kind: "failure", what, reason, todo: say("channelTodo"), sinceMs: state.sinceMs }];
}

function ofPoints({ points }: GatewayStatus, { say }: Words): BasicTrouble[] {
  if (points.bad === 0) return [];
  const what = say("bad", { n: points.bad });
  return [{ kind: "warning", what, reason: "", todo: "", sinceMs: null }];
}

function ofBuffer({ buffer }: GatewayStatus, { say, lang }: Words): BasicTrouble[] {
  const none = { reason: "", sinceMs: null };
  const { problems, fills, droppedCount: n, gapCount: gaps, clock } = buffer;
  const disk = problems.map((problem): BasicTrouble => {
    const reason = sayReason(problem, lang);
    return { ...none, kind: "failure", what: say("disk"), reason, todo: say("diskTodo") };
  });
  const full = fills.filter((fill) => shareInUse(fill) > FULL_FROM);
  const room = full.map((fill): BasicTrouble => {
    const values = { stream: say(streamText(fill.stream)) };
    const what = say("full", { ...values, percent: Math.round(shareInUse(fill) * 100) });
    return { ...none, kind: "warning", what, todo: say("fullTodo") };
  });
  const lost: BasicTrouble = {
    ...none,
    kind: "failure",
    what: say("dropped", { n, gaps }),
    todo: "",
  };
  const time: BasicTrouble = {
    ...{ kind: "warning", what: say("clock"), todo: say("clockTodo"), sinceMs: null },
    reason: sayReason(clock?.source ?? "", lang),
  };
  const isUnsure = clock !== null && !clock.isSynced;
  return [...disk, ...room, ...(n > 0 ? [lost] : []), ...(isUnsure ? [time] : [])];
}

function ofUplinks(uplinks: readonly UplinkStatus[], { say, lang }: Words): BasicTrouble[] {
  const none = { reason: "", todo: "", sinceMs: null };
  if (uplinks.length === 0) return [{ ...none, kind: "warning", what: say("noUplink") }];
  return uplinks.flatMap(({ id, state, silentReceivers }): BasicTrouble[] => {
    if (state.kind === "waiting" || state.kind === "parked") {
      const reason = sayReason(state.reason, lang);
      const what = say("uplinkDown", { id });
      return [{ kind: "failure", what, reason, todo: say("uplinkTodo"), sinceMs: state.sinceMs }];
    }
    if (silentReceivers.length === 0) return [];
    const list = silentReceivers.map((receiver) => receiver.id).join(", ");
    const what = say("receiver", { id, list });
    return [{ ...none, kind: "warning", what, todo: say("receiverTodo") }];
  });
}

function ofProbation({ config }: GatewayStatus, { say }: Words): BasicTrouble[] {
  const probation = config?.probation;
  if (!probation) return [];
  const values = { version: probation.version, n: Math.ceil(probation.leftMs / 1000) };
  const what = say("probation", values);
  return [{ kind: "warning", what, reason: "", todo: say("probationTodo"), sinceMs: null }];
}

export function troubleCard(
  { kind, what, reason, todo, sinceMs }: BasicTrouble,
  { say }: Words,
  timeOf: (atMs: number) => string,
): Html {
  const since = sinceMs === null ? "" : `${say("since")} ${timeOf(sinceMs)}`;
  return html`<div class="card ${kind}"><p><span class="word">${say(kind)}:</span> ${what}</p>
${reason === "" ? null : html`<p>${reason}</p>`}
${todo === "" ? null : html`<p>→ ${todo}</p>`}
${since === "" ? null : html`<p class="quiet">${since}</p>`}</div>
`;
}
