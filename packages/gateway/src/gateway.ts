import { join } from "node:path";
import type { Buffer, Clock, Context, Log } from "@headgate/model";
import { openBuffer } from "@headgate/sync/buffer";
import { type Channel, type ChannelDeps, createChannel } from "./channel.ts";
import { createMachineClock } from "./clock/machine-clock.ts";
import type { GatewayConfig, PointConfig, WebConfig } from "./config/config.ts";
import type { Configuration } from "./configuration/configuration.ts";
import { createFieldView } from "./field-view.ts";
import type { Finder } from "./find/finder.ts";
import type { EmbeddedPage, EmbedOptions } from "./http/embed-page.ts";
import { anonymousRole, isLoopback } from "./http/web-defaults.ts";
import { LiveValues } from "./live-values.ts";
import { createPipeline, type Pipeline } from "./pipeline.ts";
import { viewPoints } from "./point-view.ts";
import { settlesWithin } from "./settles-within.ts";
import { type GatewayStatus, type GatewayView, summarizeBuffer } from "./status.ts";
import { supervise } from "./supervise.ts";
import { createUplinkRunner, type UplinkRunner } from "./uplink-runner.ts";
import { VERSION } from "./version.ts";
import { GatewayWrites, viewWrites } from "./writes/gateway-writes.ts";
import type { WriteView } from "./writes/write-view.ts";

/** After the stop signal: how long an opening buffer may still take. */
const OPEN_MS_MAX = 2_000;
/** After the stop signal: how long what is committed may still go out. */
const FLUSH_MS_MAX = 5_000;
/** Of that: how long channels may take to let go of their lines. */
const LET_GO_MS_MAX = 2_500;
/** After that: how long uplinks may take to say goodbye. */
const GOODBYE_MS_MAX = 1_000;

/** A gateway that is told its configuration, its drivers and its uplinks. */
export interface Gateway extends GatewayView {
  readonly config: GatewayConfig;
  readonly writes: WriteView;
  /**
   * Runs until `signal` aborts: then stops reading, commits, flushes for up to 5 s and resolves,
   * whatever a device or a server does. Rejects if the buffer cannot be opened (`Misconfigured`),
   * so also while another run is on it.
   */
  run(signal: AbortSignal): Promise<void>;
  /** The page and the API for a server of your own; `web: false` in the config. */
  page(options: EmbedOptions): Promise<EmbeddedPage>;
}

/** What the gateway is lent; the machine's clock and the system's temporary folder are not. */
export interface GatewayContext {
  readonly log: Log;
  readonly clock?: Clock;
  /** Opens the buffer instead of the one on disk: in memory, for a simulation. */
  readonly openBuffer?: typeof openBuffer;
  /** Where the configuration may be changed while it runs: by whoever starts it anew. */
  readonly configuration?: Configuration;
  /** Where devices may be looked for. */
  readonly finder?: Finder;
}

/** Wires channels to the buffer and the buffer to uplinks. */
export function buildGateway(config: GatewayConfig, lent: GatewayContext): Gateway {
  const clock = lent.clock ?? createMachineClock();
  const points = config.channels.flatMap(({ devices }) => devices.flatMap((d) => d.points));
  const live = new LiveValues(points.map(({ point }) => point.id));
  const contextOf = (signal: AbortSignal, folder: string): Context => {
    return { clock, log: lent.log, signal, directory: join(config.buffer.path, folder) };
  };
  const { id: gatewayId, timezone } = config.gateway;
  let running: Running | null = null;

  const gateway: Gateway = {
    config,
    ...changesOf(lent),
    writes: viewWrites(() => (running && !running.isOver ? running.writes : null)),
    points: () => viewPoints(points, live),
    sampleOf: (id) => (live.has(id) ? live.get(id) : undefined),
    field: createFieldView(config, () => running?.channels ?? [], clock),
    status: () => running && statusOf(config, { live, running, nowMs: clock.nowMs() }),
    page: (options) => pageOf(gateway, options, contextOf(new AbortController().signal, "web")),
    async run(outer) {
      if (running?.isOver) running = null;
      const ending = new AbortController();
      const signal = AbortSignal.any([outer, ending.signal]);
      const context = contextOf(signal, "");
      const opening = open(config, points, { context, openBuffer: lent.openBuffer });
      const buffer = await unlessStopped(opening, context);
      if (buffer === null) return;
      const pipeline = createPipeline(buffer, context, eventIdsOf(points));
      const writes = new GatewayWrites(config, () => running?.channels ?? [], context);
      const { keep } = pipeline;
      const audit: ChannelDeps["audit"] = (...told) => writes.audit(...told);
      const deps = { live, keep, audit, history: { buffer, pipeline } };
      running = {
        buffer,
        writes,
        startedMs: clock.nowMs(),
        channels: config.channels.map((channel) => createChannel(channel, deps)),
        uplinks: config.uplinks.map((uplink) =>
          createUplinkRunner(uplink, { gatewayId, timezone, buffer }),
        ),
        webUrl: null,
        isOver: false,
      };
      const own = running;
      const parts = runParts(own, pipeline, { signal, contextOf });
      const web = runWeb(gateway, own, contextOf(signal, "web"));
      // A buffer that is not on disk has no journal beside it either.
      const settled = lent.openBuffer ? Promise.resolve() : writes.settle();
      try {
        await Promise.all([parts, web]);
      } finally {
        ending.abort();
        await Promise.allSettled([parts, web, settled]);
        await writes.close();
        own.isOver = true;
      }
    },
  };
  return gateway;
}

/** What outlives a gateway's life: its configuration, and who looks for devices to add to it. */
function changesOf({ configuration, finder }: GatewayContext) {
  return { ...(configuration && { configuration }), ...(finder && { finder }) };
}

function eventIdsOf(points: readonly PointConfig[]): ReadonlySet<string> {
  return new Set(points.filter(({ stream }) => stream === "events").map(({ point }) => point.id));
}

interface Running {
  readonly buffer: Buffer;
  readonly writes: GatewayWrites;
  readonly startedMs: number;
  readonly channels: readonly Channel[];
  readonly uplinks: readonly UplinkRunner[];
  webUrl: string | null;
  isOver: boolean;
}

async function pageOf(
  gateway: Gateway,
  options: EmbedOptions,
  context: Context,
): Promise<EmbeddedPage> {
  const { embedPage } = await import("./http/embed-page.ts");
  return await embedPage(gateway, options, context);
}

async function runWeb(gateway: Gateway, running: Running, context: Context): Promise<void> {
  const { web } = gateway.config;
  if (web === null) return;
  const attempt = async (onUp: () => void) => {
    // Loaded here: a gateway without a page has nothing of it in its memory.
    const { serveWeb } = await import("./http/server.ts");
    await serveWeb(gateway, web, {
      context,
      onUp: (url) => {
        running.webUrl = url;
        context.log.info(`the page is at ${url}`);
        onUp();
      },
    });
  };
  const onState = () => {};
  warnIfAnyoneLooks(web, context.log);
  await supervise({ name: `web ${web.host}:${web.port}`, attempt, onState }, context);
}

function warnIfAnyoneLooks(web: WebConfig, log: Log): void {
  if (isLoopback(web.host) || anonymousRole(web) === "none") return;
  const todo = "remove web.anonymous, or let a firewall stand in front";
  log.warn("whoever reaches the page may look without a login", { host: web.host, todo });
}

function open(
  { buffer, uplinks }: GatewayConfig,
  points: readonly PointConfig[],
  lent: { context: Context; openBuffer: typeof openBuffer | undefined },
): Promise<Buffer> {
  const { context } = lent;
  const { path: directory, ...settings } = buffer;
  return (lent.openBuffer ?? openBuffer)(
    {
      directory,
      ...settings,
      uplinkIds: uplinks.map(({ id }) => id),
      pointIds: points.map(({ point }) => point.id),
    },
    // The buffer outlives the stop signal: it closes after the last flush.
    { ...context, signal: new AbortController().signal },
  );
}

async function runParts(
  { buffer, channels, uplinks }: Running,
  pipeline: Pipeline,
  stop: { signal: AbortSignal; contextOf: (signal: AbortSignal, folder: string) => Context },
): Promise<void> {
  const { clock, log } = stop.contextOf(stop.signal, "");
  const flushed = new AbortController();
  const busyIds = new Set(channels.map(({ config }) => config.id));
  const uplinkTasks = uplinks.map((uplink) =>
    uplink.run(stop.contextOf(flushed.signal, join("uplinks", uplink.config.id))),
  );
  const channelTasks = channels.map(async (channel) => {
    await channel.run(stop.contextOf(stop.signal, join("channels", channel.config.id)));
    busyIds.delete(channel.config.id);
  });
  try {
    await Promise.race([untilAborted(stop.signal), rejectionOf([...channelTasks, ...uplinkTasks])]);
    const endMs = clock.monotonicMs() + FLUSH_MS_MAX;
    if (!(await settlesWithin(Promise.all(channelTasks), LET_GO_MS_MAX, clock))) {
      log.warn("channels do not let go of their lines: left behind", { channels: [...busyIds] });
    }
    await settlesWithin(pipeline.settle(), endMs - clock.monotonicMs(), clock);
    await flush(uplinks, endMs, clock);
  } finally {
    flushed.abort();
    await settlesWithin(Promise.all(uplinkTasks), GOODBYE_MS_MAX, clock);
    await buffer.close();
  }
}

/** Settles only if one of `tasks` rejects, which is a bug: none of them should. */
function rejectionOf(tasks: readonly Promise<unknown>[]): Promise<never> {
  return new Promise((_, reject) => {
    for (const task of tasks) task.catch(reject);
  });
}

/** The buffer, or null if the gateway was stopped and the disk does not let it open. */
async function unlessStopped(opening: Promise<Buffer>, context: Context): Promise<Buffer | null> {
  const { clock, log, signal } = context;
  const isDecided = new AbortController();
  const givenUp = untilAborted(signal)
    .then(() => clock.sleep(OPEN_MS_MAX, isDecided.signal))
    .then(() => null);
  try {
    const buffer = await Promise.race([opening, givenUp]);
    if (buffer !== null) return buffer;
  } finally {
    isDecided.abort();
  }
  log.warn("stopped before the buffer was open; check the disk");
  const tell = (error: unknown) => log.warn("buffer not opened", { error });
  opening.then((late) => late.close()).catch(tell);
  return null;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

const FLUSH_CHECK_MS = 20;

/** Waits until every uplink that is up has nothing left, or the time is over. */
async function flush(uplinks: readonly UplinkRunner[], endMs: number, clock: Clock): Promise<void> {
  const isBusy = (uplink: UplinkRunner) =>
    uplink.state().kind === "up" && uplink.backlog().blocks > 0;
  const never = new AbortController().signal;
  while (clock.monotonicMs() < endMs && uplinks.some(isBusy)) {
    await clock.sleep(FLUSH_CHECK_MS, never);
  }
}

function statusOf(
  config: GatewayConfig,
  { live, running, nowMs }: { live: LiveValues; running: Running; nowMs: number },
): GatewayStatus {
  return {
    gateway: { ...config.gateway, version: VERSION },
    atMs: nowMs,
    startedMs: running.startedMs,
    channels: running.channels.map((channel) => ({
      id: channel.config.id,
      driver: channel.config.driver.type,
      devices: channel.config.devices.map(({ id }) => id),
      state: channel.state(),
      counters: channel.counters,
      line: channel.connection()?.report?.() ?? null,
      proxy: channel.proxy?.report() ?? null,
    })),
    points: live.countByQuality(),
    buffer: summarizeBuffer(running.buffer.status()),
    uplinks: running.uplinks.map((uplink) => ({
      id: uplink.config.id,
      type: uplink.config.uplink.type,
      state: uplink.state(),
      backlog: uplink.backlog(),
      drainsInMs: uplink.drainsInMs(),
      pace: uplink.pace(),
      silentReceivers: uplink.silentReceivers(),
    })),
    webUrl: running.webUrl,
  };
}
