import type { Sample } from "@headgate/model";
import type { HeldSubscription } from "./held-subscription.ts";
import { Reader } from "./reader.ts";
import type { OpcuaPoint } from "./resolve-nodes.ts";
import type { SubscribeOptions } from "./subscribe-options.ts";

/** A server that can watch so little is not asked more often. */
const pollMsMin = 1_000;

/** Points that are read together. */
interface Group {
  readonly places: readonly number[];
  readonly points: readonly OpcuaPoint[];
  readonly intervalMs: number;
}

/** Reads what the server has no room to watch, and tells what changed, until the signal aborts. */
export async function pollItems(options: SubscribeOptions, held: HeldSubscription): Promise<void> {
  const { link, facts, points } = options;
  if (held.polled.length === 0) return;
  const reader = new Reader(link, facts);
  const groups = groupByInterval(held.polled, points);
  const [fastest] = groups;
  link.context.log.warn("the server takes no more monitored items: the rest is read", {
    watched: held.items.length - held.polled.length - held.absent.length,
    read: held.polled.length,
    everyMs: fastest?.intervalMs,
  });
  await Promise.all(groups.map((group) => poll(group, reader, options)));
}

/** Fastest first. */
export function groupByInterval(
  places: readonly number[],
  points: readonly OpcuaPoint[],
): readonly Group[] {
  const known = places.flatMap((place) => {
    const point = points[place];
    return point ? [{ place, point }] : [];
  });
  const groups = Map.groupBy(known, ({ point }) => Math.max(pollMsMin, point.address.sampling));
  return [...groups]
    .map(([intervalMs, group]) => ({
      intervalMs,
      places: group.map(({ place }) => place),
      points: group.map(({ point }) => point),
    }))
    .sort((one, other) => one.intervalMs - other.intervalMs);
}

async function poll(
  { places, points, intervalMs }: Group,
  reader: Reader,
  { link, outbox, signal }: SubscribeOptions,
): Promise<void> {
  const { clock } = link.context;
  const ends = AbortSignal.any([signal, link.lost]);
  const last: (Sample | undefined)[] = [];
  while (!ends.aborted) {
    const startedMs = clock.monotonicMs();
    const samples = await reader.read(points, signal);
    samples.forEach((sample, index) => {
      if (isChange(last[index], sample)) outbox.add(places[index] as number, sample);
      last[index] = sample;
    });
    outbox.flush();
    // A slow server rests for as long as it was asked.
    const tookMs = clock.monotonicMs() - startedMs;
    await clock.sleep(Math.max(tookMs, intervalMs - tookMs), ends);
  }
}

/** As a server would tell: another value, or another quality. */
export function isChange(before: Sample | undefined, now: Sample): boolean {
  if (before?.quality !== now.quality) return true;
  if (before.quality === "bad" && now.quality === "bad") return before.reason !== now.reason;
  return !Object.is(before.value, now.value);
}
