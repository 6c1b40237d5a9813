import { type Context, Misconfigured } from "@headgate/model";
import {
  handOn,
  type ReceiveOptions,
  receive,
  type Sink,
  type Store,
} from "@headgate/sync/receiver";
import { supervise } from "../supervise.ts";
import { watchStore } from "./watch-store.ts";

/** What to receive, and where to hand it on to. */
export interface ReceiveAndHandOnOptions extends Omit<ReceiveOptions, "store"> {
  readonly name: string;
  readonly sinks: readonly Sink[];
}

/**
 * Receives into one store and hands on from it. Resolves once the signal aborted; rejects when a
 * commit failed: then the store is opened anew. The broker's and the sinks' faults are their own.
 */
export async function receiveAndHandOn(
  opened: Store,
  { name, sinks, ...options }: ReceiveAndHandOnOptions,
  context: Context,
): Promise<void> {
  const { store, signal, end, lost } = watchStore(opened, context.signal);
  const inner = { ...context, signal };
  const attempt = (onUp: () => void) => receive({ ...options, store }, inner, onUp);
  try {
    await Promise.all([
      supervise({ name, attempt, onState: () => {} }, inner),
      ...(await handedOn(sinks, opened, inner)),
    ]);
    if (lost() !== null) throw lost();
  } finally {
    end();
    // Also where the broker was away when the shard went.
    options.meter?.forget(opened.gatewayIds());
  }
}

/** Each sink on its own: one that is down delays neither another nor the receiver. */
async function handedOn(
  sinks: readonly Sink[],
  { outbox }: Store,
  context: Context,
): Promise<Promise<void>[]> {
  if (outbox === undefined) {
    if (sinks.length === 0) return [];
    throw new Misconfigured("this store has no outbox for sinks; take one that has");
  }
  for (const sink of sinks) await outbox.register(sink.name);
  const idle = (await outbox.known()).filter((name) => !sinks.some((sink) => sink.name === name));
  for (const sink of idle) {
    const todo = "headgate receive sink forget drops it";
    context.log.warn(`blocks are queued for a sink that is not configured; ${todo}`, { sink });
  }
  return sinks.map((sink) => {
    const attempt = (up: () => void) => handOn({ sink, outbox }, context, up);
    return supervise({ name: `sink "${sink.name}"`, attempt, onState: () => {} }, context);
  });
}
