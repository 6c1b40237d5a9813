import { missing } from "@headgate/model";
import {
  AttributeIds,
  MonitoringMode,
  type StatusCode,
  TimestampsToReturn,
} from "node-opcua-client";
import { chunks } from "./chunks.ts";
import { readOrWhyNot } from "./exchange.ts";
import type { HeldSubscription } from "./held-subscription.ts";
import { type Placed, place, unplaced } from "./resolve-nodes.ts";
import { orRefusal } from "./service-fault.ts";
import type { SubscribeOptions } from "./subscribe-options.ts";

/** Pause before nodes that the server did not know are asked for again. */
const absentAgainMs = 30_000;
/** Room in a queue for this many publishing intervals of changes. */
const queueIntervals = 3;
/** And for the changes of a line that is cut for so long, while the subscription is kept. */
const queueMs = 10_000;
const queueMax = 1_000;
/** Status of a node that the server does not know, and perhaps not yet. */
const unknownNode = "BadNodeIdUnknown";
/** Status of an item that is one too many. */
const tooMany = "BadTooManyMonitoredItems";

/** Creates items for all points that have a place in this server. */
export async function createAllItems(
  options: SubscribeOptions,
  held: HeldSubscription,
): Promise<void> {
  const { link, facts, points, outbox } = options;
  const wanted = place(points, facts.namespaceUris);
  const placed = new Set(wanted.map(({ point }) => point));
  points.forEach((point, index) => {
    if (!placed.has(point)) outbox.add(index, unplaced(point, link.context.clock.nowMs()));
  });
  await createItems(options, { held, wanted, isFirst: true });
}

/** Until the signal aborts: a node that the server does not know yet may come later. */
export async function keepItems(options: SubscribeOptions, held: HeldSubscription): Promise<void> {
  const { link, facts, points, signal } = options;
  const { clock } = link.context;
  const ends = AbortSignal.any([signal, link.lost]);
  while (held.absent.length > 0 && !ends.aborted) {
    await clock.sleep(absentAgainMs, ends);
    if (ends.aborted) return;
    const all = place(points, facts.namespaceUris);
    const absent = all.filter(({ place }) => held.absent.includes(place));
    // Asked by reading: a refused item costs more than a read one.
    const isPresent = await findPresent(options, absent);
    held.absent = absent.filter((_, index) => !isPresent[index]).map(({ place }) => place);
    const wanted = absent.filter((_, index) => isPresent[index]);
    await createItems(options, { held, wanted, isFirst: false });
  }
}

async function findPresent({ link, facts, signal }: SubscribeOptions, all: readonly Placed[]) {
  const isPresent: boolean[] = [];
  for (const part of chunks(all, facts.nodesPerRead)) {
    const nodes = part.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.Value }));
    const answers = await readOrWhyNot(link, { nodes, signal });
    isPresent.push(
      ...part.map((_, index) => {
        const answer = typeof answers === "string" ? undefined : answers[index];
        return answer !== undefined && answer.statusCode.name !== unknownNode;
      }),
    );
  }
  return isPresent;
}

interface Round {
  readonly held: HeldSubscription;
  readonly wanted: readonly Placed[];
  /** What finds no room later is told so: it is seldom, and a person can start the channel anew. */
  readonly isFirst: boolean;
}

async function createItems(
  options: SubscribeOptions,
  { held, wanted, isFirst }: Round,
): Promise<void> {
  const bySampling = Map.groupBy(wanted, ({ point }) => point.address.sampling);
  for (const [sampling, group] of bySampling) {
    // One request after the other: some servers lose items of parallel ones.
    for (const part of chunks(group, options.facts.itemsPerCall)) {
      const statuses = await monitor(options, held, { sampling, part });
      noteStatuses(options, held, { part, statuses, isFirst });
      options.outbox.flush();
    }
  }
}

interface Part {
  readonly sampling: number;
  readonly part: readonly Placed[];
}

/** The status of each item, by name. */
async function monitor(
  { link, signal }: SubscribeOptions,
  held: HeldSubscription,
  { sampling, part }: Part,
): Promise<string[]> {
  const queueSize = queueSizeOf(held.publishingMs, sampling);
  const itemsToCreate = part.map(({ nodeId, place }) => ({
    itemToMonitor: { nodeId, attributeId: AttributeIds.Value },
    monitoringMode: MonitoringMode.Reporting,
    requestedParameters: {
      // Known before the answer: values may come before it.
      clientHandle: held.items.push(place),
      samplingInterval: sampling,
      queueSize,
      discardOldest: true,
    },
  }));
  const timestampsToReturn = TimestampsToReturn.Both;
  const request = { subscriptionId: held.id, timestampsToReturn, itemsToCreate };
  const ask = () => orRefusal(link.session.createMonitoredItems(request));
  const answer = await link.ask("subscribe", ask, { signal });
  if ("refusal" in answer) return part.map(() => answer.refusal);
  const results = answer.results ?? [];
  // Which of them is whose nobody knows: what comes by its handle is taken all the same.
  if (results.length !== part.length) return part.map(() => "");
  return results.map(({ statusCode }) => nameOf(statusCode));
}

const nameOf = (status: StatusCode) => (status.isGood() ? "Good" : status.name);

interface Noted extends Pick<Round, "isFirst"> {
  readonly part: readonly Placed[];
  readonly statuses: readonly string[];
}

/** What the server did not create: told, asked for again, or read instead. */
function noteStatuses(
  { link, points, outbox }: SubscribeOptions,
  held: HeldSubscription,
  { part, statuses, isFirst }: Noted,
): void {
  const nowMs = link.context.clock.nowMs();
  const placesOf = (status: string) =>
    part.filter((_, index) => statuses[index] === status).map(({ place }) => place);
  if (isFirst) held.polled = [...held.polled, ...placesOf(tooMany)];
  held.absent = [...held.absent, ...placesOf(unknownNode)];
  part.forEach(({ place }, index) => {
    const status = statuses[index];
    const point = points[place];
    if (!point || status === "Good" || (isFirst && status === tooMany)) return;
    outbox.add(place, missing(point.id, nowMs, status || "BadUnexpectedError"));
  });
}

/** How many changes the server is asked to keep of an item. */
export function queueSizeOf(publishingMs: number, samplingMs: number): number {
  const perInterval = Math.ceil(publishingMs / samplingMs) * queueIntervals;
  return Math.min(queueMax, Math.max(2, perInterval, Math.ceil(queueMs / samplingMs)));
}
