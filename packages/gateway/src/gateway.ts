import { join } from "node:path";
import {
  type Buffer,
  type Clock,
  type Context,
  type Log,
  type PointId,
  type Sample,
  silentLog,
} from "@headgate/model";
import { openBuffer } from "@headgate/sync/buffer";
import { createMachineClock } from "./clock/machine-clock.ts";
import { selectPoints } from "./commands/select-points.ts";
import { compareConfigs } from "./compare-configs.ts";
import type { Catalogue, DeviceConfig, GatewayConfig, PointConfig } from "./config/config.ts";
import { keepPlainBefore } from "./config/plain-before.ts";
import type { Configuration } from "./configuration/configuration.ts";
import { connectionOf, createFieldView, type FieldView } from "./field-view.ts";
import type { Finder } from "./find/finder.ts";
import { GatewayRun, pointsOf } from "./gateway-run.ts";
import { type HistoryView, viewHistory } from "./history-view.ts";
import type { EmbeddedPage, EmbedOptions } from "./http/embed-page.ts";
import { keepAlike } from "./keep-alike.ts";
import { LiveValues } from "./live-values.ts";
import { viewPoints } from "./point-view.ts";
import { readSelection, resultOf } from "./read-points.ts";
import { WebPart } from "./run-web.ts";
import {
  configStatusOf,
  type GatewayStatus,
  type GatewayView,
  type PointView,
  type ReadResult,
  summarizeBuffer,
  unprovedIn,
} from "./status.ts";
import type { LogLines } from "./support/log-ring.ts";
import type { TrialItem } from "./trial/evidence.ts";
import { Turns } from "./turns.ts";
import { unlessStopped } from "./unless-stopped.ts";
import type { Updates } from "./update/updates.ts";
import type { UplinkTester } from "./uplink-tester.ts";
import { hasVariants, type VariantVerdict, withVariants } from "./variants/decide.ts";
import { tellVariant, variantsOf } from "./variants/tell-variants.ts";
import { VariantMemory } from "./variants/variant-memory.ts";
import { VERSION } from "./version.ts";
import { viewWrites } from "./writes/gateway-writes.ts";
import type { WriteView } from "./writes/write-view.ts";

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
  /**
   * Takes another configuration while it runs: only what differs stops and begins again. False, and
   * nothing is done, where the whole must begin anew with it. One change after the other. What
   * uplinks lack that it takes away is kept until `settle`.
   */
  change(config: GatewayConfig): Promise<boolean>;
  /** No uplink that a change took away comes back: what only those still lacked may go. */
  settle(): void;
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
  readonly uplinkTester?: UplinkTester;
  /** The last lines of the log, to be shown. */
  readonly logs?: LogLines;
  /** Where the launcher started the process: takes updates. */
  readonly updates?: Updates;
  /** Protocols beyond the config's: their meters are looked for where a person says so. */
  readonly catalogue?: Pick<Catalogue, "drivers">;
}

/** Wires channels to the buffer and the buffer to uplinks. */
export function buildGateway(config: GatewayConfig, lent: GatewayContext): Gateway {
  return new WiredGateway(config, lent);
}

class WiredGateway implements Gateway {
  readonly configuration?: Configuration;
  readonly finder?: Finder;
  readonly uplinkTester?: UplinkTester;
  readonly logs?: LogLines;
  readonly updates?: Updates;
  readonly writes: WriteView;
  readonly field: FieldView;
  readonly history: HistoryView;
  readonly #lent: GatewayContext;
  readonly #clock: Clock;
  readonly #directory: string;
  readonly #live: LiveValues;
  #config: GatewayConfig;
  #points: readonly PointConfig[];
  #running: GatewayRun | null = null;
  #web: WebPart | null = null;
  #variants: VariantMemory | null = null;
  /** One change after the other. */
  readonly #turns = new Turns();

  constructor(config: GatewayConfig, lent: GatewayContext) {
    this.#config = config;
    this.#lent = lent;
    this.#clock = lent.clock ?? createMachineClock();
    this.#directory = config.buffer.path;
    this.#points = pointsOf(config);
    this.#live = new LiveValues(this.#points.map(({ point }) => point.id));
    if (lent.configuration) this.configuration = lent.configuration;
    if (lent.finder) this.finder = lent.finder;
    if (lent.uplinkTester) this.uplinkTester = lent.uplinkTester;
    if (lent.logs) this.logs = lent.logs;
    if (lent.updates) this.updates = lent.updates;
    const running = () => (this.#running?.isOver ? null : this.#running);
    this.writes = viewWrites(() => running()?.writes ?? null);
    const points = () => this.#points;
    this.history = viewHistory(points, config.history, () => running()?.history ?? null);
    const channels = () => this.#running?.channels ?? [];
    this.field = createFieldView(() => this.#config, channels, {
      clock: this.#clock,
      ...lent.catalogue,
    });
  }

  get config(): GatewayConfig {
    return this.#config;
  }

  points(): readonly PointView[] {
    return viewPoints(this.#points, this.#live);
  }

  sampleOf(id: PointId): Sample | undefined {
    return this.#live.has(id) ? this.#live.get(id) : undefined;
  }

  status(): GatewayStatus | null {
    const parts = { live: this.#live, running: this.#running, nowMs: this.#clock.nowMs() };
    if (!parts.running) return null;
    const status = statusOf(this.#config, { ...parts, running: parts.running });
    const { configuration } = this;
    const unproved = (ids: readonly string[]) => unprovedIn(status, ids);
    return { ...status, config: configuration ? configStatusOf(configuration, unproved) : null };
  }

  async read(names: readonly string[]): Promise<ReadResult> {
    const scope = { clock: this.#clock, signal: new AbortController().signal };
    const readings = selectPoints(this.#config, names).map((one) =>
      readSelection(one, scope, async (read) => {
        return await read(connectionOf(one.channel.id, this.#running?.channels ?? []));
      }),
    );
    return resultOf(await Promise.all(readings));
  }

  async page(options: EmbedOptions): Promise<EmbeddedPage> {
    const { embedPage } = await import("./http/embed-page.ts");
    return await embedPage(this, options, this.#contextOf(new AbortController().signal, "web"));
  }

  change(next: GatewayConfig): Promise<boolean> {
    return this.#turns.take(async () => await this.#change(await this.#withVariants(next)));
  }

  settle(): void {
    this.#running?.settle();
  }

  async #change(given: GatewayConfig): Promise<boolean> {
    const next = await keepAlike(this.#config, given);
    const running = this.#running;
    if (!running || running.isOver) return false;
    const change = compareConfigs(this.#config, next);
    const points = pointsOf(next);
    if (change.whole.length > 0 || !this.#live.hasRoomFor(points.length)) return false;
    await running.change(next, change);
    this.#config = next;
    this.#points = points;
    if (change.isWebChanged) await this.#web?.serve(next.web);
    return true;
  }

  async tryOut(written: GatewayConfig): Promise<readonly TrialItem[]> {
    const { tryConfig } = await import("./trial/try-config.ts");
    const next = await this.#withVariants(written);
    const change = compareConfigs(this.#config, next);
    const running = this.#running?.channels ?? [];
    const { signal } = new AbortController();
    const lent = { clock: this.#clock, log: silentLog, signal };
    return await tryConfig({ next, change, running }, lent);
  }

  async run(outer: AbortSignal): Promise<void> {
    if (this.#running?.isOver) this.#running = null;
    const ending = new AbortController();
    const signal = AbortSignal.any([outer, ending.signal]);
    const context = this.#contextOf(signal, "");
    const opening = open(this.#config, { ...this.#lent, context });
    const buffer = await unlessStopped(opening, context);
    if (buffer === null) return;
    this.#take(await this.#withVariants(this.#config));
    const { own, web } = this.#begin(buffer, signal);
    const parts = own.live();
    await web.serve(this.#config.web);
    // A buffer that is not on disk has no journal beside it either.
    const settled = this.#lent.openBuffer ? Promise.resolve() : own.writes.settle();
    try {
      await parts;
    } finally {
      ending.abort();
      await Promise.allSettled([web.ended(), settled]);
      await own.end();
    }
  }

  #take(config: GatewayConfig): void {
    this.#config = config;
    this.#points = pointsOf(config);
    this.#live.add(this.#points.map(({ point }) => point.id));
    this.#live.keepOnly(this.#points.map(({ point }) => point.id));
  }

  /** With the variants that devices told they are. */
  async #withVariants(config: GatewayConfig): Promise<GatewayConfig> {
    if (!hasVariants(config)) return config;
    this.#variants ??= await VariantMemory.open(this.#directory, this.#lent.log);
    const memory = this.#variants;
    return withVariants(config, (device) => memory.knownOf(device));
  }

  #learnVariant(device: DeviceConfig, verdict: VariantVerdict): Promise<void> {
    return this.#turns
      .take(async () => {
        this.#variants?.note(device, verdict);
        tellVariant(device, verdict, this.#lent.log);
        await this.#change(await this.#withVariants(this.#config));
        // A buffer that is not on disk has nothing beside it either.
        if (!this.#lent.openBuffer) await this.#variants?.save();
      })
      .catch((error: unknown) => {
        this.#lent.log.warn(`which variant "${device.id}" is could not be kept`, { error });
      });
  }

  #begin(buffer: Buffer, signal: AbortSignal): { own: GatewayRun; web: WebPart } {
    const contextOf = (part: AbortSignal, folder: string) => this.#contextOf(part, folder);
    const live = this.#live;
    const learnVariant = this.#learnVariant.bind(this);
    const lent = { live, buffer, signal, contextOf, learnVariant };
    const own = new GatewayRun(this.#config, lent);
    const webContextOf = (part: AbortSignal) => contextOf(AbortSignal.any([signal, part]), "web");
    const web = new WebPart(this, webContextOf, (url) => {
      own.webUrl = url;
    });
    this.#running = own;
    this.#web = web;
    return { own, web };
  }

  #contextOf(signal: AbortSignal, folder: string): Context {
    const directory = join(this.#directory, folder);
    return { clock: this.#clock, log: this.#lent.log, signal, directory };
  }
}

async function open(
  config: GatewayConfig,
  lent: Pick<GatewayContext, "openBuffer" | "configuration"> & { context: Context },
): Promise<Buffer> {
  const { context, configuration } = lent;
  const { path: directory, ...settings } = config.buffer;
  // A buffer that is not on disk has no folder beside it.
  if (!lent.openBuffer) await keepPlainBefore(config, context.log);
  return await (lent.openBuffer ?? openBuffer)(
    {
      directory,
      ...settings,
      uplinkIds: [...config.uplinks.map(({ id }) => id), ...(configuration?.uplinkIdsBefore ?? [])],
      pointIds: pointsOf(config).map(({ point }) => point.id),
    },
    // The buffer outlives the stop signal: it closes after the last flush.
    { ...context, signal: new AbortController().signal },
  );
}

function statusOf(
  config: GatewayConfig,
  { live, running, nowMs }: { live: LiveValues; running: GatewayRun; nowMs: number },
): Omit<GatewayStatus, "config"> {
  return {
    gateway: { ...config.gateway, version: VERSION },
    atMs: nowMs,
    startedMs: running.startedMs,
    channels: running.channels.map((channel) => ({
      id: channel.config.id,
      driver: channel.config.driver.type,
      devices: channel.config.devices.map(({ id }) => id),
      variants: variantsOf(channel.config.devices),
      state: channel.state(),
      counters: channel.counters,
      line: channel.connection()?.report?.() ?? null,
      notices: channel.connection()?.notices?.() ?? [],
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
      lastAckMs: uplink.lastAckMs(),
    })),
    webUrl: running.webUrl,
  };
}
