import type { GatewayStatus } from "@headgate/gateway/api-types";
import { partKind, partReason } from "./part-kind.ts";
import { type Kind, type Told, worseFirst } from "./told.ts";

/** What is wrong with a stage: the worst of it. */
export interface Trouble {
  readonly kind: Kind;
  readonly what: Told;
  readonly reason?: string;
  readonly todo?: Told;
  /** Where one sees more. */
  readonly screen: string;
  readonly rest?: string;
}

type Judge = (status: GatewayStatus) => readonly Trouble[];

export const fieldTroubles: Judge = ({ channels }) => {
  if (channels.length === 0) return [missing("trouble.noChannel", "find")];
  const told = channels.flatMap(({ id, notices, devices }) =>
    notices.map(({ text }): Trouble => {
      const what: Told = { key: "trouble.notice", values: { id } };
      return { kind: "warning", what, reason: text, screen: "devices", rest: devices[0] ?? "" };
    }),
  );
  const down = channels
    .filter(({ state }) => state.kind === "waiting" || state.kind === "parked")
    .map(({ id, state, devices }): Trouble => {
      const what: Told = {
        key: `trouble.line.${state.kind as "waiting" | "parked"}`,
        values: { id },
      };
      const todo: Told = { key: state.kind === "parked" ? "todo.parked" : "todo.link" };
      const rest = devices[0] ?? "";
      return {
        kind: partKind(state),
        what,
        reason: partReason(state),
        todo,
        screen: "devices",
        rest,
      };
    });
  return [...down, ...told].sort((a, b) => worseFirst(a.kind, b.kind));
};

export const pointTroubles: Judge = ({ points }) => {
  const { good, uncertain, bad, silent } = points;
  if (good + uncertain + bad + silent === 0) return [missing("trouble.noPoint", "find")];
  const counts = [
    ["trouble.bad", bad, "warning"],
    ["trouble.uncertain", uncertain, "warning"],
    ["trouble.silent", silent, "busy"],
  ] as const;
  return counts.flatMap(([key, count, kind]) =>
    count > 0 ? [{ kind, what: { key, values: { count } }, screen: "points" }] : [],
  );
};

const CAPACITY_KEYS = {
  events: "buffer.eventsCapacity",
  main: "buffer.capacity",
  history: "buffer.historyCapacity",
  media: "buffer.mediaCapacity",
} as const;

/** At their limits streams stay a little below them; samples become minutes from 90 % on. */
const FULL_FROM = 0.97;
const FILLING_FROM = 0.8;

export const bufferTroubles: Judge = ({ buffer }) => {
  const screen = "uplinks";
  const ofDisk = buffer.problems.map((reason): Trouble => {
    const what: Told = { key: "trouble.buffer" };
    return { kind: "failure", what, reason, todo: { key: "todo.buffer" }, screen };
  });
  const ofFills = buffer.fills.flatMap((fill): Trouble[] => {
    const { stream, goneCounts } = fill;
    const share = shareInUse(fill);
    const values = { stream, percent: Math.round(share * 100), setting: CAPACITY_KEYS[stream] };
    const tell = (kind: Kind, key: "trouble.full" | "trouble.filling"): Trouble[] => [
      { kind, what: { key, values }, todo: { key: "todo.full", values }, screen },
    ];
    if (share > FULL_FROM && (goneCounts.capacity ?? 0) > 0) return tell("failure", "trouble.full");
    return share > FILLING_FROM ? tell("warning", "trouble.filling") : [];
  });
  const lost: Told = {
    key: "trouble.lost",
    values: { count: buffer.droppedCount, gaps: buffer.gapCount },
  };
  const ofLoss: Trouble[] =
    buffer.droppedCount > 0 ? [{ kind: "failure", what: lost, screen }] : [];
  const unsure = buffer.clock !== null && !buffer.clock.isSynced;
  const ofClock: Trouble[] = unsure
    ? [
        {
          kind: "warning",
          what: { key: "trouble.clock" },
          reason: buffer.clock?.source ?? "",
          todo: { key: "todo.clock" },
          screen: "system",
        },
      ]
    : [];
  return [...ofDisk, ...ofFills, ...ofLoss, ...ofClock].sort((a, b) => worseFirst(a.kind, b.kind));
};

/** Of its capacity: what some uplink has not got yet. */
export function shareInUse(fill: {
  readonly usedBytes: number;
  readonly ackedBytes: number;
  readonly capacityBytesMax: number;
}): number {
  const { usedBytes, ackedBytes, capacityBytesMax } = fill;
  return capacityBytesMax > 0 ? Math.max(0, usedBytes - ackedBytes) / capacityBytesMax : 0;
}

export const uplinkTroubles: Judge = ({ uplinks }) => {
  if (uplinks.length === 0) return [{ ...missing("trouble.noUplink", "uplinks"), rest: "new" }];
  return uplinks
    .flatMap(({ id, state, silentReceivers }): Trouble[] => {
      const screen = "uplinks";
      if (state.kind === "waiting" || state.kind === "parked") {
        const what: Told = { key: `trouble.uplink.${state.kind}`, values: { id } };
        const todo: Told = { key: state.kind === "parked" ? "todo.parked" : "todo.uplink" };
        return [{ kind: partKind(state), what, reason: partReason(state), todo, screen }];
      }
      if (silentReceivers.length === 0) return [];
      const list = silentReceivers.map((receiver) => receiver.id).join(", ");
      const what: Told = { key: "trouble.receiver", values: { id, list } };
      return [{ kind: "warning", what, todo: { key: "todo.receiver" }, screen }];
    })
    .sort((a, b) => worseFirst(a.kind, b.kind));
};

function missing(
  key: "trouble.noChannel" | "trouble.noPoint" | "trouble.noUplink",
  screen: string,
) {
  const todo: Told = { key: `${key}.todo` };
  return { kind: "warning" as const, what: { key }, todo, screen };
}
