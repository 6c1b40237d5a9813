import {
  AttributeIds,
  type ClientMonitoredItemBase,
  type ClientSubscription,
  type DataValue,
  TimestampsToReturn,
} from "node-opcua-client";
import { chunks } from "./chunks.ts";
import type { Link } from "./link.ts";
import { type Outbox, unknownNode } from "./outbox.ts";
import { type Placed, place, unplaced } from "./resolve-nodes.ts";
import { sampleOf } from "./sample-of.ts";
import type { SubscribeOptions } from "./subscribe-options.ts";

/** Pause before nodes that the server did not know are asked for again. */
const absentAgainMs = 30_000;
/** Room in a queue for this many publishing intervals of changes. */
const queueIntervals = 3;
const queueMax = 1_000;

/** Creates the items; a node that the server does not know yet may come later. */
export async function keepItems(
  options: SubscribeOptions,
  subscription: ClientSubscription,
  outbox: Outbox,
): Promise<void> {
  const { link, facts, points, signal } = options;
  const { clock } = link.context;
  let wanted = place(points, facts.namespaceUris);
  const placed = new Set(wanted.map(({ point }) => point));
  for (const point of points) if (!placed.has(point)) outbox.add(unplaced(point, clock.nowMs()));
  const ends = AbortSignal.any([signal, link.lost]);
  let absent = await createItems(options, { subscription, outbox, wanted });
  while (absent.length > 0 && !ends.aborted) {
    await clock.sleep(absentAgainMs, ends);
    if (ends.aborted) return;
    // Asked by reading: the library keeps each refused item until the subscription ends.
    const isPresent = await findPresent(options, absent);
    wanted = absent.filter((_, index) => isPresent[index]);
    absent = absent.filter((_, index) => !isPresent[index]);
    absent.push(...(await createItems(options, { subscription, outbox, wanted })));
  }
}

async function findPresent({ link, facts, signal }: SubscribeOptions, nodes: readonly Placed[]) {
  const isPresent: boolean[] = [];
  for (const part of chunks(nodes, facts.nodesPerRead)) {
    const wanted = part.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.Value }));
    const answers = await link.ask("read", () => link.session.read(wanted), { signal });
    isPresent.push(...answers.map(({ statusCode }) => statusCode.name !== unknownNode));
  }
  return isPresent;
}

interface Round {
  readonly subscription: ClientSubscription;
  readonly outbox: Outbox;
  readonly wanted: readonly Placed[];
}

/** Gives back what the server does not know. */
async function createItems(
  { link, facts, signal }: SubscribeOptions,
  { subscription, outbox, wanted }: Round,
): Promise<Placed[]> {
  const absent: Placed[] = [];
  const bySampling = Map.groupBy(wanted, ({ point }) => point.address.sampling);
  for (const [sampling, group] of bySampling) {
    // One request after the other: some servers lose items of parallel ones.
    for (const part of chunks(group, facts.itemsPerCall)) {
      const items = await monitor({ link, subscription, outbox, sampling, part, signal });
      absent.push(...outbox.reportRefused(part, items));
    }
  }
  return absent;
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
    { signal },
  );
  group.on("changed", (_item: ClientMonitoredItemBase, value: DataValue, index: number) => {
    const point = part[index]?.point;
    if (point) outbox.add(sampleOf(point, value, link.context.clock.nowMs()));
  });
  return group.monitoredItems;
}
