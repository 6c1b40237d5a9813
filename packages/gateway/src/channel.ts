import { type Connection, type Context, missing, type Sample } from "@headgate/model";
import {
  type Acquisition,
  acquire,
  type ChannelCounters,
  planAcquisition,
} from "./acquire/acquire.ts";
import type { ChannelConfig } from "./config/config.ts";
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
  run(context: Context): Promise<void>;
}

/** What a channel needs of the gateway. */
export interface ChannelDeps {
  readonly live: LiveValues;
  readonly keep: (samples: Sample[]) => void;
}

/** A channel that opens its line, reads it, and says of every point when the line is down. */
export function createChannel(config: ChannelConfig, { live, keep }: ChannelDeps): Channel {
  let state: PartState = { kind: "opening" };
  let connection: Connection | null = null;
  let watch: LineWatch | null = null;
  const points = config.devices.flatMap((device) => device.points);
  const counters = { scanCount: 0, missedScanCount: 0, lastScanMs: 0, sampleCount: 0 };
  const plan = planAcquisition(points, live);
  const acquisition: Omit<Acquisition, "onAnswer"> = { plan, counters, live, keep };

  const markDown = (reason: string, { clock }: Context) => {
    const nowMs = clock.nowMs();
    const samples = points.map(({ point }) => missing(point.id, nowMs, reason));
    keep(plan.all.take(samples, clock.monotonicMs()));
  };
  const attempt = (context: Context) => async (onUp: () => void) => {
    watch ??= new LineWatch(context.clock);
    const opened = await config.driver.open(config.settings, { ...context, tap: watch });
    try {
      connection = opened;
      // Without scans there is nothing that would answer soon.
      if (plan.scanClasses.length === 0) onUp();
      await acquire(opened, { ...acquisition, onAnswer: onUp }, context);
    } finally {
      connection = null;
      await opened.close();
    }
  };
  return {
    config,
    counters,
    state: () => state,
    connection: () => connection,
    watch: () => watch,
    run: (context) =>
      supervise(
        {
          name: `channel "${config.id}"`,
          attempt: attempt(context),
          delayMsMax: DELAY_MS_MAX,
          onState: (next) => {
            const wasDown = state.kind === "waiting" || state.kind === "parked";
            state = next;
            if (next.kind !== "waiting" && next.kind !== "parked") return;
            if (!wasDown) markDown(`line down: ${next.reason}`, context);
          },
        },
        context,
      ),
  };
}
