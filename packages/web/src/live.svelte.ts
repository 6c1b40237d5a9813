import type { GatewayStatus } from "@headgate/gateway/api-types";
import { createPoll, type Poll } from "./api/poll.svelte.ts";

/** What is remembered of each status, for rates. */
export interface Mark {
  readonly atMs: number;
  readonly read: number;
  readonly committed: number;
  readonly backlog: number;
  readonly headSeq: number;
}

const MARKS_MAX = 16;
const STATUS_EVERY_MS = 1000;

let poll = $state.raw<Poll<GatewayStatus> | null>(null);
let marks = $state.raw<readonly Mark[]>([]);
let aheadMs = $state(0);
let tick = $state(0);

function markOf(status: GatewayStatus): Mark {
  return {
    atMs: status.atMs,
    read: status.channels.reduce((sum, { counters }) => sum + counters.sampleCount, 0),
    committed: status.buffer.committedCount,
    backlog: Math.max(0, ...status.uplinks.map(({ backlog }) => backlog.blocks)),
    headSeq: status.buffer.streams.find(({ stream }) => stream === "main")?.headSeq ?? 0,
  };
}

/** The gateway as it was last heard of; one for the whole page. */
export const live = {
  /** To be called once, by the page's frame. */
  start() {
    poll = createPoll<GatewayStatus>(() => "api/status", {
      everyMs: STATUS_EVERY_MS,
      onAnswer: (next) => {
        const isOther = live.status !== null && live.status.startedMs !== next.startedMs;
        marks = [...(isOther ? [] : marks), markOf(next)].slice(-MARKS_MAX);
        aheadMs = next.atMs - Date.now();
      },
    });
    $effect(() => {
      const timer = setInterval(() => {
        tick++;
      }, 1000);
      return () => clearInterval(timer);
    });
  },
  get status(): GatewayStatus | null {
    return poll?.data ?? null;
  },
  get error() {
    return poll?.error ?? null;
  },
  get answeredMs() {
    return poll?.answeredMs ?? null;
  },
  /** By the gateway's clock; moves once a second. */
  get nowMs() {
    void tick;
    return Date.now() + aheadMs;
  },
  /** How far the gateway's clock is before this browser's. */
  get aheadMs() {
    return aheadMs;
  },
  get timezone() {
    return poll?.data?.gateway.timezone ?? "UTC";
  },
  /** Whether it was heard of twice: before that nothing is known of rates. */
  get hasRates() {
    return marks.length > 1;
  },
  /** Each second, over the last marks. */
  perSecond(name: Exclude<keyof Mark, "atMs">): number {
    const first = marks[0];
    const last = marks[marks.length - 1];
    if (!first || !last || last.atMs <= first.atMs) return 0;
    return ((last[name] - first[name]) * 1000) / (last.atMs - first.atMs);
  },
};
