import {
  type Clock,
  type Connection,
  type Context,
  type GuestWrite,
  type LineProxy,
  missing,
  type Sample,
} from "@headgate/model";
import { type Acquisition, acquire, type ChannelCounters } from "./acquire/acquire.ts";
import type { Backfill } from "./acquire/backfill.ts";
import { oneReadAtATime } from "./acquire/one-read-at-a-time.ts";
import { Plans, planAcquisition } from "./acquire/plan.ts";
import type { ChannelConfig, DeviceConfig } from "./config/config.ts";
import { type HistoryKeeper, openBackfill } from "./history-keeper.ts";
import { LineWatch } from "./line/line-watch.ts";
import type { LiveValues } from "./live-values.ts";
import { type PartState, supervise } from "./supervise.ts";
import { askVariants } from "./variants/ask-variants.ts";
import { isAsking, readPointsOf, type VariantVerdict } from "./variants/decide.ts";

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
  /** Other devices and points on the same line, which stays open. */
  change(config: ChannelConfig): void;
  run(context: Context): Promise<void>;
}

/** What a channel needs of the gateway. */
export interface ChannelDeps {
  readonly live: LiveValues;
  readonly keep: (samples: Sample[]) => void;
  /** Told of each write that another master wanted on a channel. */
  readonly audit: (channelId: string, write: GuestWrite) => void;
  /** Told which variant a device is; resolves once it is read so. Absent: nobody is asked. */
  readonly learnVariant?: (device: DeviceConfig, verdict: VariantVerdict) => Promise<void>;
  /** Absent where nothing is kept of what devices remember. */
  readonly history?: HistoryKeeper;
}

/** A channel that opens its line, reads it, and says of every point when the line is down. */
export function createChannel(config: ChannelConfig, deps: ChannelDeps): Channel {
  return new ReadChannel(config, deps);
}

class ReadChannel implements Channel {
  readonly counters = { scanCount: 0, missedScanCount: 0, lastScanMs: 0, sampleCount: 0 };
  readonly proxy: LineProxy | null;
  readonly #deps: ChannelDeps;
  readonly #plans: Plans;
  #config: ChannelConfig;
  #state: PartState = { kind: "opening" };
  #connection: Connection | null = null;
  #watch: LineWatch | null = null;
  #backfill: Backfill | null = null;
  #clock: Clock | null = null;

  constructor(config: ChannelConfig, deps: ChannelDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#plans = new Plans(planAcquisition(readPointsOf(config.devices), deps.live));
    this.proxy = createProxy(config, deps, () => this.#connection);
  }

  get config(): ChannelConfig {
    return this.#config;
  }

  state(): PartState {
    return this.#state;
  }

  connection(): Connection | null {
    return this.#connection;
  }

  watch(): LineWatch | null {
    return this.#watch;
  }

  change(config: ChannelConfig): void {
    if (config === this.#config) return;
    this.#config = config;
    const points = readPointsOf(config.devices);
    const plan = planAcquisition(points, this.#deps.live, this.#plans.current);
    this.#plans.change(plan);
    // What is new has to be told of, too.
    if (isDown(this.#state)) this.#markDown(this.#state.reason);
  }

  async run(context: Context): Promise<void> {
    this.#clock = context.clock;
    const { history } = this.#deps;
    if (history) this.#backfill = await openBackfill(pointsOf(this.#config), history, context);
    const line = supervise(
      {
        name: `channel "${this.#config.id}"`,
        attempt: (onUp) => this.#attempt(onUp, context),
        delayMsMax: DELAY_MS_MAX,
        onState: (next) => {
          const wasDown = isDown(this.#state);
          this.#state = next;
          if (isDown(next) && !wasDown) this.#markDown(next.reason);
        },
      },
      context,
    );
    await Promise.all([line, this.proxy && runProxy(this.proxy, this.#config, context)]);
  }

  async #attempt(onUp: () => void, context: Context): Promise<void> {
    this.#watch ??= new LineWatch(context.clock);
    const { driver, settings } = this.#config;
    const opening = driver.open(settings, { ...context, tap: this.#watch });
    const opened = oneReadAtATime(await opening);
    const { live, keep } = this.#deps;
    const [plans, counters, backfill] = [this.#plans, this.counters, this.#backfill];
    const ending = new AbortController();
    const signal = AbortSignal.any([context.signal, ending.signal]);
    let asking = Promise.resolve();
    try {
      this.#connection = opened;
      // Without scans there is nothing that would answer soon.
      if (plans.current.scanClasses.length === 0) onUp();
      const acquisition: Acquisition = { plans, counters, live, keep, backfill, onAnswer: onUp };
      asking = this.#askVariants(opened, { ...context, signal }, onUp);
      await Promise.all([acquire(opened, acquisition, { ...context, signal }), asking]);
    } finally {
      this.#connection = null;
      ending.abort();
      await Promise.allSettled([asking]);
      await opened.close();
    }
  }

  async #askVariants(
    connection: Connection,
    { clock, signal }: Context,
    onAnswer: () => void,
  ): Promise<void> {
    const { learnVariant } = this.#deps;
    // Where nobody wants to know, devices are as their profile stands: nothing is asked.
    if (!learnVariant) return;
    const devices = () => this.#config.devices;
    const changed = () => this.#plans.changed;
    const keep = (device: DeviceConfig, samples: Sample[]) => this.#keepAsked(device, samples);
    const asked = { connection, clock, devices, changed, learn: learnVariant, keep, onAnswer };
    await askVariants(asked, signal);
  }

  /** Of points that are in no plan, since nobody knows how they are read. */
  #keepAsked({ points }: DeviceConfig, samples: Sample[]): void {
    if (!this.#clock) return;
    const { all } = planAcquisition(points, this.#deps.live);
    this.#deps.keep(all.take(samples, this.#clock.monotonicMs()));
  }

  #markDown(why: string): void {
    if (!this.#clock) return;
    const { all } = this.#plans.current;
    const nowMs = this.#clock.nowMs();
    const samples = all.points.map((point) => missing(point.id, nowMs, `line down: ${why}`));
    this.#deps.keep(all.take(samples, this.#clock.monotonicMs()));
    for (const device of this.#config.devices.filter(isAsking)) {
      const own = device.points.map(({ point }) => missing(point.id, nowMs, `line down: ${why}`));
      this.#keepAsked(device, own);
    }
  }
}

const pointsOf = ({ devices }: ChannelConfig) => devices.flatMap((device) => device.points);

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
