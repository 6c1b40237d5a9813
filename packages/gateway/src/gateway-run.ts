import { join } from "node:path";
import type { Buffer, Clock, Context } from "@headgate/model";
import { type History, openHistory } from "@headgate/sync/history";
import { type Channel, type ChannelDeps, createChannel } from "./channel.ts";
import type { ConfigChange, PartChange } from "./compare-configs.ts";
import type { GatewayConfig } from "./config/config.ts";
import { recorded } from "./history-view.ts";
import type { LiveValues } from "./live-values.ts";
import { PartSet } from "./part-set.ts";
import { createPipeline, type Pipeline } from "./pipeline.ts";
import { settlesWithin } from "./settles-within.ts";
import { createUplinkRunner, type UplinkRunner } from "./uplink-runner.ts";
import { GatewayWrites } from "./writes/gateway-writes.ts";

/** After the stop signal: how long what is committed may still go out. */
const FLUSH_MS_MAX = 5_000;
/** Of that, and when one is exchanged: how long channels may take to let go of their lines. */
const LET_GO_MS_MAX = 2_500;
/** After that: how long uplinks may take to say goodbye. */
const GOODBYE_MS_MAX = 1_000;
const FLUSH_CHECK_MS = 20;

/** What a run is lent. */
export interface RunLent {
  readonly live: LiveValues;
  readonly buffer: Buffer;
  readonly learnVariant?: ChannelDeps["learnVariant"];
  /** Ends the run. */
  readonly signal: AbortSignal;
  readonly contextOf: (signal: AbortSignal, folder: string) => Context;
}

/** One run of a gateway: its open buffer, and the channels and uplinks that live on it. */
export class GatewayRun {
  readonly buffer: Buffer;
  /** Null where none is kept. */
  readonly history: History | null;
  readonly writes: GatewayWrites;
  readonly startedMs: number;
  webUrl: string | null = null;
  isOver = false;
  readonly #lent: RunLent;
  readonly #pipeline: Pipeline;
  readonly #eventIds = new Set<string>();
  readonly #flushed = new AbortController();
  readonly #channels: PartSet<Channel>;
  readonly #uplinks: PartSet<UplinkRunner>;
  #keptIds: ReadonlySet<string>;
  #config: GatewayConfig;

  constructor(config: GatewayConfig, lent: RunLent) {
    const { buffer, signal, contextOf } = lent;
    const context = contextOf(signal, "");
    this.#config = config;
    this.#lent = lent;
    this.#keptIds = new Set(config.uplinks.map(({ id }) => id));
    this.buffer = buffer;
    this.startedMs = context.clock.nowMs();
    this.#noteEvents();
    const { capacityBytesMax } = config.history;
    const { path: directory } = config.buffer;
    const pointIds = pointIdsOf(config);
    this.history = openHistory(buffer, { directory, capacityBytesMax, pointIds }, context);
    this.#pipeline = recorded(createPipeline(buffer, context, this.#eventIds), this.history);
    this.writes = new GatewayWrites(
      () => this.#config,
      () => this.channels,
      context,
    );
    this.#channels = new PartSet((ending, id) =>
      contextOf(AbortSignal.any([signal, ending]), join("channels", id)),
    );
    this.#uplinks = new PartSet((ending, id) =>
      contextOf(AbortSignal.any([this.#flushed.signal, ending]), join("uplinks", id)),
    );
  }

  get channels(): readonly Channel[] {
    return this.#channels.parts;
  }

  get uplinks(): readonly UplinkRunner[] {
    return this.#uplinks.parts;
  }

  /** Until the signal aborts; then flushes and closes the buffer, whatever others do. */
  async live(): Promise<void> {
    const { signal } = this.#lent;
    for (const { id } of this.#config.channels) this.#startChannel(id);
    for (const { id } of this.#config.uplinks) this.#startUplink(id);
    try {
      await Promise.race([untilAborted(signal), this.#channels.failed, this.#uplinks.failed]);
      await this.#flush();
    } finally {
      this.#flushed.abort();
      await this.#uplinks.unended(GOODBYE_MS_MAX, this.#clock);
      await this.history?.close();
      await this.buffer.close();
    }
  }

  /** Only what changed stops, and only for as long as it takes to begin again. */
  async change(next: GatewayConfig, { channels, uplinks }: ConfigChange): Promise<void> {
    this.#lent.live.add(pointIdsOf(next));
    await Promise.all([
      ...idsThat(channels, "removed", "reopened").map((id) => this.#stopChannel(id)),
      ...idsThat(uplinks, "removed", "reopened").map((id) => this.#stopUplink(id)),
    ]);
    this.#config = next;
    this.#noteEvents();
    this.history?.use(pointIdsOf(next));
    for (const channel of next.channels) this.#channelOf(channel.id)?.change(channel);
    if (this.#lent.signal.aborted) return;
    if (uplinks.size > 0) this.#keepFor(next.uplinks.map(({ id }) => id));
    for (const id of idsThat(channels, "added", "reopened")) this.#startChannel(id);
    for (const id of idsThat(uplinks, "added", "reopened")) this.#startUplink(id);
    this.#channels.order(next.channels.map(({ id }) => id));
    this.#uplinks.order(next.uplinks.map(({ id }) => id));
    this.#lent.live.keepOnly(pointIdsOf(next));
  }

  /** Uplinks that a change took away do not come back. */
  settle(): void {
    this.#keptIds = new Set();
    if (!this.isOver) this.#keepFor(this.#config.uplinks.map(({ id }) => id));
  }

  /** What those lack that a change took away is lost once it goes: it may be taken back. */
  #keepFor(ids: readonly string[]): void {
    this.#keptIds = new Set([...this.#keptIds, ...ids]);
    this.buffer.keepFor([...this.#keptIds]);
  }

  /** The very last: nothing can be asked of it any more. */
  async end(): Promise<void> {
    await this.writes.close();
    this.isOver = true;
  }

  get #clock(): Clock {
    return this.#lent.contextOf(this.#lent.signal, "").clock;
  }

  #channelOf(id: string): Channel | undefined {
    return this.channels.find(({ config }) => config.id === id);
  }

  #startChannel(id: string): void {
    const config = this.#config.channels.find((channel) => channel.id === id);
    if (!config) return;
    const { live, buffer } = this.#lent;
    const { keep } = this.#pipeline;
    const audit: ChannelDeps["audit"] = (...told) => this.writes.audit(...told);
    const history = { buffer, pipeline: this.#pipeline };
    const { learnVariant } = this.#lent;
    const deps = { live, keep, audit, history, ...(learnVariant && { learnVariant }) };
    this.#channels.start(createChannel(config, deps));
  }

  #startUplink(id: string): void {
    const config = this.#config.uplinks.find((uplink) => uplink.id === id);
    if (!config) return;
    const { id: gatewayId, timezone } = this.#config.gateway;
    this.#uplinks.start(createUplinkRunner(config, { gatewayId, timezone, buffer: this.buffer }));
  }

  async #stopChannel(id: string): Promise<void> {
    if (!(await this.#channels.stop(id, LET_GO_MS_MAX, this.#clock))) this.#tellLeftBehind([id]);
  }

  async #stopUplink(id: string): Promise<void> {
    await this.#uplinks.stop(id, GOODBYE_MS_MAX, this.#clock);
  }

  #tellLeftBehind(ids: readonly string[]): void {
    const { log } = this.#lent.contextOf(this.#lent.signal, "");
    log.warn("channels do not let go of their lines: left behind", { channels: ids });
  }

  #noteEvents(): void {
    this.#eventIds.clear();
    for (const { stream, point } of pointsOf(this.#config)) {
      if (stream === "events") this.#eventIds.add(point.id);
    }
  }

  async #flush(): Promise<void> {
    const clock = this.#clock;
    const endMs = clock.monotonicMs() + FLUSH_MS_MAX;
    const busyIds = await this.#channels.unended(LET_GO_MS_MAX, clock);
    if (busyIds.length > 0) this.#tellLeftBehind(busyIds);
    await settlesWithin(this.#pipeline.settle(), endMs - clock.monotonicMs(), clock);
    await flush(this.uplinks, endMs, clock);
  }
}

/** Every point of a configuration, in its order. */
export const pointsOf = ({ channels }: GatewayConfig) =>
  channels.flatMap(({ devices }) => devices.flatMap(({ points }) => points));

const pointIdsOf = (config: GatewayConfig) => pointsOf(config).map(({ point }) => point.id);

function idsThat(changes: ReadonlyMap<string, PartChange>, ...kinds: PartChange[]): string[] {
  return [...changes].filter(([, change]) => kinds.includes(change)).map(([id]) => id);
}

export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Waits until every uplink that is up has nothing left, or the time is over. */
async function flush(uplinks: readonly UplinkRunner[], endMs: number, clock: Clock): Promise<void> {
  const isBusy = (uplink: UplinkRunner) =>
    uplink.state().kind === "up" && uplink.backlog().blocks > 0;
  const never = new AbortController().signal;
  while (clock.monotonicMs() < endMs && uplinks.some(isBusy)) {
    await clock.sleep(FLUSH_CHECK_MS, never);
  }
}
