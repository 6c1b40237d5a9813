import { createHash } from "node:crypto";
import type { Unreachable } from "@headgate/model";
import { heldOf } from "./held-subscription.ts";
import { Listener } from "./listener.ts";
import { createAllItems, keepItems } from "./monitored-items.ts";
import { pollItems } from "./poll-items.ts";
import { Reader } from "./reader.ts";
import type { OpcuaPoint } from "./resolve-nodes.ts";
import type { SubscribeOptions } from "./subscribe-options.ts";
import { transfer } from "./transfer.ts";
import { watchSilence } from "./watch-silence.ts";

/** An idle server says that it lives at least this often. */
const keepAliveMs = 5_000;
/** The server closes the subscription of a client gone for this many keep-alives. */
const lifetimeKeepAlives = 12;
/** Within so many publishing intervals a server has told what it was asked to repeat. */
const repeatIntervals = 3;
const repeatMsMin = 2_000;

/** A server whose messages cannot be read is read itself as often as this. */
const missedMs = 2_000;

/** Pushes every change until `signal` aborts; rejects with `Unreachable` if the line is lost. */
export async function subscribe(options: SubscribeOptions): Promise<void> {
  const { link, signal, outbox } = options;
  if (signal.aborted) return;
  const key = keyOf(options);
  let listener: Listener | undefined;
  let isWhole = false;
  try {
    listener = (await takeOver(options, key)) ?? (await create(options));
    const { held } = listener;
    const ended = watchSilence(listener, { link, signal });
    const items = async () => {
      if (held.items.length === 0) await createAllItems(options, held);
      isWhole = true;
      await Promise.all([
        keepItems(options, held),
        pollItems(options, held),
        tellUntold(options, listener as Listener),
        tellMissed(options, listener as Listener),
      ]);
    };
    await Promise.race([items().then(() => ended), ended]);
  } catch (error) {
    if (!signal.aborted) throw error;
    // Stopped half way: that is an end, not a fault.
  } finally {
    outbox.close();
    if (listener) await end(listener, options, isWhole ? key : null);
  }
}

async function create(options: SubscribeOptions): Promise<Listener> {
  const { link, publisher, signal } = options;
  const { publishingInterval } = link.config;
  const keepAliveCount = Math.max(3, Math.round(keepAliveMs / publishingInterval));
  const request = {
    requestedPublishingInterval: publishingInterval,
    requestedMaxKeepAliveCount: keepAliveCount,
    requestedLifetimeCount: keepAliveCount * lifetimeKeepAlives,
    maxNotificationsPerPublish: 0,
    publishingEnabled: true,
    priority: 1,
  };
  const ask = () => link.session.createSubscription(request);
  const answer = await link.ask("subscribe", ask, { signal });
  const held = heldOf(answer, request);
  const listener = new Listener({ ...options, held });
  publisher.add(listener);
  publisher.begin();
  return listener;
}

/** Goes on with what the last line left at the server; null if there is nothing of it. */
async function takeOver(options: SubscribeOptions, key: string): Promise<Listener | null> {
  const { link, publisher, left } = options;
  const { log, clock } = link.context;
  const held = left.take(key, clock.monotonicMs());
  if (!held) return null;
  const listener = new Listener({ ...options, held });
  publisher.add(listener);
  const answered = transfer(link, held);
  listener.takeOver(answered.then((one) => ("available" in one ? one.available : null)));
  const answer = await answered;
  if ("refusal" in answer) {
    publisher.remove(held.id);
    log.info("the server keeps nothing of the lost line", { reason: answer.refusal });
    return null;
  }
  publisher.begin();
  log.info("subscription taken over from the lost line", { kept: answer.available.length });
  return listener;
}

/** Not every server repeats the values that rest: those are read. */
async function tellUntold(options: SubscribeOptions, listener: Listener): Promise<void> {
  const { link, facts, points, outbox, signal } = options;
  const { clock } = link.context;
  const ends = AbortSignal.any([signal, link.lost]);
  const waitMs = Math.max(repeatMsMin, listener.held.publishingMs * repeatIntervals);
  await clock.sleep(waitMs, ends);
  if (ends.aborted) return;
  const places = listener.takeUntold();
  const untold = places.flatMap((place) => points[place] ?? []);
  const samples = await new Reader(link, facts).read(untold, signal);
  samples.forEach((sample, index) => {
    outbox.add(places[index] as number, sample);
  });
  outbox.flush();
}

/** What changed in messages that could not be read is read, as far as it still is so. */
async function tellMissed(options: SubscribeOptions, listener: Listener): Promise<void> {
  const { link, facts, points, outbox, signal } = options;
  const ends = AbortSignal.any([signal, link.lost]);
  const reader = new Reader(link, facts);
  let wanted: OpcuaPoint[] = [];
  while (!ends.aborted) {
    await link.context.clock.sleep(missedMs, ends);
    if (ends.aborted || !listener.takeMissed()) continue;
    const { items } = listener.held;
    // A list that stays the same is read by the plan that was found for it.
    if (wanted.length !== items.length) wanted = items.flatMap((place) => points[place] ?? []);
    const samples = await reader.read(wanted, signal);
    samples.forEach((sample, index) => {
      outbox.add(items[index] as number, sample);
    });
    outbox.flush();
  }
}

/** Which subscription goes on with which: same server, same user, same points, looked at alike. */
function keyOf({ link, points }: SubscribeOptions): string {
  const wanted = points.map(({ id, address }) => [id, address]);
  const text = JSON.stringify([link.config, link.context.directory, wanted]);
  return createHash("sha256").update(text).digest("base64");
}

async function end(
  { held }: Listener,
  { link, publisher, left }: SubscribeOptions,
  key: string | null,
): Promise<void> {
  const { clock, log } = link.context;
  publisher.remove(held.id);
  if (link.lost.aborted) {
    if (key !== null) left.leave(key, held, clock.monotonicMs());
    return;
  }
  try {
    const request = { subscriptionIds: [held.id] };
    await link.ask("unsubscribe", () => link.session.deleteSubscriptions(request));
  } catch (error) {
    // The line went meanwhile; the next read or subscription says so.
    log.debug("unsubscribe failed", { error: error as Unreachable });
  }
}
