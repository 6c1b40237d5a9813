import type { GatewayStatus } from "@headgate/gateway/api-types";
import { createPoll, type Poll } from "./api/poll.svelte.ts";
import { stream } from "./stream.svelte.ts";

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
let last = $state.raw<GatewayStatus | null>(null);
let answeredMs = $state<number | null>(null);
let marks = $state.raw<readonly Mark[]>([]);
let aheadMs = $state(0);
let tick = $state(0);

function take(next: GatewayStatus) {
  const isOther = last !== null && last.startedMs !== next.startedMs;
  marks = [...(isOther ? [] : marks), markOf(next)].slice(-MARKS_MAX);
  aheadMs = next.atMs - Date.now();
  last = next;
  answeredMs = Date.now();
}

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
    stream.start(take);
    // Asked where there is no stream: until it is open, and where something on the way cuts it.
    poll = createPoll<GatewayStatus>(() => (stream.isOpen ? null : "api/status"), {
      everyMs: STATUS_EVERY_MS,
      onAnswer: take,
    });
    $effect(() => {
      const timer = setInterval(() => {
        tick++;
      }, 1000);
      return () => clearInterval(timer);
    });
  },
  get status(): GatewayStatus | null {
    return last;
  },
  get error() {
    return stream.isOpen ? null : (poll?.error ?? null);
  },
  get answeredMs() {
    return answeredMs;
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
    return last?.gateway.timezone ?? "UTC";
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
