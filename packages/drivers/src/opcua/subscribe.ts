import type { Unreachable } from "@headgate/model";
import type { ClientSubscription } from "node-opcua-client";
import type { Link } from "./link.ts";
import { keepItems } from "./monitored-items.ts";
import { Outbox } from "./outbox.ts";
import type { SubscribeOptions } from "./subscribe-options.ts";
import { watchSilence } from "./watch-silence.ts";

/** An idle server says that it lives at least this often. */
const keepAliveMs = 5_000;
/** Silence for this many keep-alives is a loss. */
const keepAlivesMissedMax = 3;
/** The server closes the subscription of a client gone for this many keep-alives. */
const lifetimeKeepAlives = 6;

/** Pushes every change until `signal` aborts; rejects with `Unreachable` if the line is lost. */
export async function subscribe(options: SubscribeOptions): Promise<void> {
  const { link, signal } = options;
  if (signal.aborted) return;
  const outbox = new Outbox(options);
  let subscription: ClientSubscription | undefined;
  try {
    subscription = await createSubscription(link, signal);
    const ended = watchSilence(subscription, { link, signal, silenceMs: silenceOf(subscription) });
    await Promise.race([keepItems(options, subscription, outbox).then(() => ended), ended]);
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
    { signal },
  );
}

function silenceOf({ publishingInterval, maxKeepAliveCount }: ClientSubscription): number {
  return publishingInterval * maxKeepAliveCount * keepAlivesMissedMax;
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
