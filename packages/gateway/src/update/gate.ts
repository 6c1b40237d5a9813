import type { GatewayStatus } from "../status.ts";
import type { Goal } from "./release-state.ts";

type Seen = Pick<GatewayStatus, "channels" | "uplinks" | "points" | "buffer">;

/** A few points may be bad at any time. */
const GOOD_SHARE_MIN = 0.95;

/** What a gateway has reached: its next version has to come as far. */
export function goalOf(status: Seen | null): Goal | null {
  if (status === null) return null;
  const { channels, uplinks, points } = status;
  return {
    channels: channels.filter(({ state }) => state.kind === "up").map(({ id }) => id),
    uplinks: uplinks.filter(isProved).map(({ id }) => id),
    goodPoints: points.good,
  };
}

/** What is still missing; of what is not configured any more nothing is. */
export function unreached(goal: Goal | null, status: Seen | null): readonly string[] {
  if (status === null) return ["the gateway has not started"];
  const { channels, uplinks, points, buffer } = status;
  const wanted = goal ?? { channels: [], uplinks: [], goodPoints: 0 };
  const down = channels.filter(({ id, state }) => {
    return wanted.channels.includes(id) && state.kind !== "up";
  });
  const unproved = uplinks.filter((uplink) => {
    return wanted.uplinks.includes(uplink.id) && !isProved(uplink);
  });
  const all = points.good + points.uncertain + points.bad + points.silent;
  const goodMin = Math.ceil(Math.min(wanted.goodPoints, all) * GOOD_SHARE_MIN);
  return [
    ...buffer.problems.map((problem) => `buffer: ${problem}`),
    ...(goodMin > 0 && buffer.committedCount === 0 ? ["nothing was stored yet"] : []),
    ...down.map(({ id }) => `channel "${id}" is not up`),
    ...unproved.map(({ id }) => `uplink "${id}" has acknowledged nothing`),
    ...(points.good < goodMin ? [`${points.good} of ${wanted.goodPoints} points are good`] : []),
  ];
}

/** Its far side has taken something, or there is nothing that it could take. */
function isProved({ state, lastAckMs, backlog }: Seen["uplinks"][number]): boolean {
  return state.kind === "up" && (lastAckMs !== null || backlog.blocks === 0);
}
