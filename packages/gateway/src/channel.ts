import {
  type Connection,
  type Context,
  type GuestWrite,
  type LineProxy,
  missing,
  type Sample,
} from "@headgate/model";
import {
  type Acquisition,
  acquire,
  type ChannelCounters,
  planAcquisition,
} from "./acquire/acquire.ts";
import type { Backfill } from "./acquire/backfill.ts";
import { oneReadAtATime } from "./acquire/one-read-at-a-time.ts";
import type { ChannelConfig } from "./config/config.ts";
import { type HistoryKeeper, openBackfill } from "./history-keeper.ts";
import { LineWatch } from "./line/line-watch.ts";
import type { LiveValues } from "./live-values.ts";
import { type PartState, supervise } from "./supervise.ts";

/** A person who plugs a device in again is standing there and waiting. */
const DELAY_MS_MAX = 10_000;

/** One configured line of the running gateway. */
export interface Channel {
  readonly config: ChannelConfig;
  readonly counters: ChannelCounters;
  state(): PartState;
  /** Null while the line is down. */
  connection(): Connection | null;
  /** What was seen of the line over all its connections; null before the first. */
  watch(): LineWatch | null;
  /** Lets other masters use the line; null where the config does not want it. */
  readonly proxy: LineProxy | null;
  run(context: Context): Promise<void>;
}

/** What a channel needs of the gateway. */
export interface ChannelDeps {
  readonly live: LiveValues;
  readonly keep: (samples: Sample[]) => void;
  /** Told of each write that another master wanted on a channel. */
  readonly audit: (channelId: string, write: GuestWrite) => void;
  /** Absent where nothing is kept of what devices remember. */
  readonly history?: HistoryKeeper;
}

/** A channel that opens its line, reads it, and says of every point when the line is down. */
export function createChannel(config: ChannelConfig, deps: ChannelDeps): Channel {
  const { live, keep, history } = deps;
  let state: PartState = { kind: "opening" };
  let connection: Connection | null = null;
  let watch: LineWatch | null = null;
  let backfill: Backfill | null = null;
  const points = config.devices.flatMap((device) => device.points);
  const counters = { scanCount: 0, missedScanCount: 0, lastScanMs: 0, sampleCount: 0 };
  const plan = planAcquisition(points, live);
  const acquisition: Omit<Acquisition, "onAnswer"> = { plan, counters, live, keep };

  const markDown = (reason: string, { clock }: Context) => {
    const nowMs = clock.nowMs();
    const samples = points.map(({ point }) => missing(point.id, nowMs, reason));
    keep(plan.all.take(samples, clock.monotonicMs()));
  };
  const openLine = async (context: Context, tap: LineWatch) =>
    oneReadAtATime(await config.driver.open(config.settings, { ...context, tap }));
  const attempt = (context: Context) => async (onUp: () => void) => {
    watch ??= new LineWatch(context.clock);
    const opened = await openLine(context, watch);
    try {
      connection = opened;
      // Without scans there is nothing that would answer soon.
      if (plan.scanClasses.length === 0) onUp();
      await acquire(opened, { ...acquisition, backfill, onAnswer: onUp }, context);
    } finally {
      connection = null;
      await opened.close();
    }
  };
  const proxy = createProxy(config, deps, () => connection);
  return {
    config,
    counters,
    proxy,
    state: () => state,
    connection: () => connection,
    watch: () => watch,
    run: async (context) => {
      if (history) backfill = await openBackfill(points, history, context);
      const line = supervise(
        {
          name: `channel "${config.id}"`,
          attempt: attempt(context),
          delayMsMax: DELAY_MS_MAX,
          onState: (next) => {
            const wasDown = isDown(state);
            state = next;
            if (isDown(next) && !wasDown) markDown(`line down: ${next.reason}`, context);
          },
        },
        context,
      );
      await Promise.all([line, proxy && runProxy(proxy, config, context)]);
    },
  };
}

function createProxy(
  { id, driver, settings }: ChannelConfig,
  { audit }: ChannelDeps,
  connection: () => Connection | null,
): LineProxy | null {
  const lent = { connection, audit: (write: GuestWrite) => audit(id, write) };
  return driver.createProxy?.(settings, lent) ?? null;
}

function isDown(state: PartState): state is Extract<PartState, { kind: "waiting" | "parked" }> {
  return state.kind === "waiting" || state.kind === "parked";
}

/** Beside the line, not with it: clients stay while it is opened anew. */
async function runProxy(proxy: LineProxy, { id }: ChannelConfig, context: Context): Promise<void> {
  const attempt = (onUp: () => void) => proxy.run(onUp, context);
  const onState = () => {};
  await supervise({ name: `proxy of channel "${id}"`, attempt, onState }, context);
}
