import { missing, type Sample, type Unreachable } from "@headgate/model";
import {
  AttributeIds,
  type ClientMonitoredItemBase,
  type ClientSubscription,
  type DataValue,
  TimestampsToReturn,
} from "node-opcua-client";
import { chunks } from "./chunks.ts";
import type { Link } from "./link.ts";
import { type OpcuaPoint, type Placed, place, unplaced } from "./resolve-nodes.ts";
import type { ServerFacts } from "./server-facts.ts";
import { toSample } from "./to-sample.ts";
import { watchSilence } from "./watch-silence.ts";

/** What one subscription needs. */
export interface SubscribeOptions {
  readonly link: Link;
  readonly facts: ServerFacts;
  readonly points: readonly OpcuaPoint[];
  readonly emit: (samples: Sample[]) => void;
  readonly signal: AbortSignal;
}

/** An idle server says that it lives at least this often. */
const keepAliveMs = 5_000;
/** Silence for this many keep-alives is a loss. */
const keepAlivesMissedMax = 3;
/** The server closes the subscription of a client gone for this many keep-alives. */
const lifetimeKeepAlives = 6;
/** Room in a queue for this many publishing intervals of changes. */
const queueIntervals = 3;
const queueMax = 1_000;

/** Pushes every change until `signal` aborts; rejects with `Unreachable` if the line is lost. */
export async function subscribe(options: SubscribeOptions): Promise<void> {
  const { link, signal } = options;
  if (signal.aborted) return;
  const outbox = new Outbox(options);
  let subscription: ClientSubscription | undefined;
  try {
    subscription = await createSubscription(link, signal);
    const ended = watchSilence(subscription, { link, signal, silenceMs: silenceOf(subscription) });
    await Promise.race([createItems(options, subscription, outbox).then(() => ended), ended]);
  } catch (error) {
    if (!signal.aborted) throw error;
    // Stopped half way: that is an end, not a fault.
  } finally {
    outbox.close();
    if (subscription) await terminate(link, subscription);
  }
}

async function createSubscription(link: Link, signal: AbortSignal): Promise<ClientSubscription> {
  const { publishingInterval } = link.config;
  const keepAliveCount = Math.max(3, Math.round(keepAliveMs / publishingInterval));
  return link.ask(
    "subscribe",
    () =>
      link.session.createSubscription2({
        requestedPublishingInterval: publishingInterval,
        requestedMaxKeepAliveCount: keepAliveCount,
        requestedLifetimeCount: keepAliveCount * lifetimeKeepAlives,
        maxNotificationsPerPublish: 0,
        publishingEnabled: true,
        priority: 1,
      }),
    signal,
  );
}

function silenceOf({ publishingInterval, maxKeepAliveCount }: ClientSubscription): number {
  return publishingInterval * maxKeepAliveCount * keepAlivesMissedMax;
}

async function createItems(
  { link, facts, points, signal }: SubscribeOptions,
  subscription: ClientSubscription,
  outbox: Outbox,
): Promise<void> {
  const placed = place(points, facts.namespaceUris);
  const known = new Set(placed.map(({ point }) => point));
  const nowMs = link.context.clock.nowMs();
  for (const point of points) if (!known.has(point)) outbox.add(unplaced(point, nowMs));
  const bySampling = Map.groupBy(placed, ({ point }) => point.address.sampling);
  for (const [sampling, group] of bySampling) {
    // One request after the other: some servers lose items of parallel ones.
    for (const part of chunks(group, facts.itemsPerCall)) {
      if (signal.aborted) return;
      const items = await monitor({ link, subscription, outbox, sampling, part, signal });
      outbox.reportFailures(part, items);
    }
  }
}

interface Part {
  readonly link: Link;
  readonly subscription: ClientSubscription;
  readonly outbox: Outbox;
  readonly sampling: number;
  readonly part: readonly Placed[];
  readonly signal: AbortSignal;
}

async function monitor({ link, subscription, outbox, sampling, part, signal }: Part) {
  const wanted = part.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.Value }));
  const perInterval = Math.ceil(subscription.publishingInterval / sampling);
  const parameters = {
    samplingInterval: sampling,
    queueSize: Math.min(queueMax, Math.max(2, perInterval * queueIntervals)),
    discardOldest: true,
  };
  const group = await link.ask(
    "subscribe",
    () => subscription.monitorItems(wanted, parameters, TimestampsToReturn.Both),
    signal,
  );
  group.on("changed", (_item: ClientMonitoredItemBase, value: DataValue, index: number) => {
    const point = part[index]?.point;
    if (point) outbox.add(toSample(point.id, value, link.context.clock.nowMs()));
  });
  return group.monitoredItems;
}

async function terminate(link: Link, subscription: ClientSubscription): Promise<void> {
  if (link.lost.aborted) return;
  try {
    await link.ask("unsubscribe", () => subscription.terminate());
  } catch (error) {
    // The line went meanwhile; the next read or subscription says so.
    link.context.log.debug("unsubscribe failed", { error: error as Unreachable });
  }
}

/** Gathers what one publish response brings, so that it is emitted together. */
class Outbox {
  readonly #emit: (samples: Sample[]) => void;
  readonly #nowMs: () => number;
  #waiting: Sample[] = [];
  #isOpen = true;

  constructor({ emit, link }: SubscribeOptions) {
    this.#emit = emit;
    this.#nowMs = link.context.clock.nowMs;
  }

  add(sample: Sample): void {
    if (!this.#isOpen) return;
    this.#waiting.push(sample);
    if (this.#waiting.length === 1) queueMicrotask(() => this.#flush());
  }

  reportFailures(part: readonly Placed[], items: readonly ClientMonitoredItemBase[]): void {
    for (const [index, { point }] of part.entries()) {
      const status = items[index]?.statusCode;
      if (status?.isGood()) continue;
      this.add(missing(point.id, this.#nowMs(), status?.name ?? "BadUnexpectedError"));
    }
  }

  close(): void {
    this.#flush();
    this.#isOpen = false;
  }

  #flush(): void {
    const samples = this.#waiting;
    this.#waiting = [];
    if (samples.length > 0) this.#emit(samples);
  }
}
