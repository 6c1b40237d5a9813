import type { LineNotice, Sample } from "@headgate/model";
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
  const { link, facts, points, notices } = options;
  const groups = groupByInterval(held.polled, points);
  const notice = pollNotice(groups, points.length);
  const isNews = notices.set(`subscription ${held.id}`, notice);
  if (!notice) return;
  if (isNews) link.context.log.warn(notice.text);
  const reader = new Reader(link, facts);
  try {
    await Promise.all(groups.map((group) => poll(group, reader, options)));
  } finally {
    notices.set(`subscription ${held.id}`, null);
  }
}

/** What a person should know of it; null where everything is watched. */
export function pollNotice(groups: readonly Group[], pointCount: number): LineNotice | null {
  const [fastest] = groups;
  if (!fastest) return null;
  const readCount = groups.reduce((sum, { places }) => sum + places.length, 0);
  const text =
    `the server takes no more monitored items: ${readCount} of ${pointCount} points are read ` +
    `instead, every ${fastest.intervalMs / 1000} s at most; watch fewer, or give the server room`;
  return { code: "read-not-watched", text };
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
