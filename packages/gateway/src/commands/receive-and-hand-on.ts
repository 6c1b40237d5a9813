import { type Context, Misconfigured } from "@headgate/model";
import {
  handOn,
  type ReceiveOptions,
  receive,
  type Sink,
  type SinkOutbox,
  type Store,
} from "@headgate/sync/receiver";
import { type PartState, supervise } from "../supervise.ts";
import type { ReceiverHealth } from "./receiver-health.ts";
import { watchStore } from "./watch-store.ts";

/** As uplinks have it. */
const DELAY_MS_MAX = 15_000;

/** What to receive, and where to hand it on to. */
export interface ReceiveAndHandOnOptions extends Omit<ReceiveOptions, "store"> {
  readonly name: string;
  readonly sinks: readonly Sink[];
  readonly health: ReceiverHealth;
}

/**
 * Receives into one store and hands on from it. Resolves once the signal aborted; rejects when a
 * commit failed: then the store is opened anew. The broker's and the sinks' faults are their own.
 */
export async function receiveAndHandOn(
  opened: Store,
  { name, sinks, health, ...options }: ReceiveAndHandOnOptions,
  context: Context,
): Promise<void> {
  const { store, signal, end, lost } = watchStore(opened, context.signal);
  const inner = { ...context, signal };
  const attempt = (onUp: () => void) => receive({ ...options, store }, inner, onUp);
  const { outbox } = opened;
  const partOf = (sink: Sink) => `${name}, sink "${sink.name}"`;
  const onSinkState = (sink: Sink) => health.watch(partOf(sink), false);
  if (outbox) options.meter?.sinks.add(outbox);
  try {
    await Promise.all([
      supervise(
        { name, attempt, onState: health.watch(name, false), delayMsMax: DELAY_MS_MAX },
        inner,
      ),
      ...(await handedOn({ sinks, outbox, onSinkState }, inner)),
    ]);
    if (lost() !== null) throw lost();
  } finally {
    end();
    if (outbox) options.meter?.sinks.forget(outbox);
    for (const part of [name, ...sinks.map(partOf)]) health.forget(part);
    // Also where the broker was away when the shard went.
    options.meter?.forget(opened.gatewayIds());
  }
}

interface HandedOn {
  readonly sinks: readonly Sink[];
  readonly outbox: SinkOutbox | undefined;
  readonly onSinkState: (sink: Sink) => (state: PartState) => void;
}

/** Each sink on its own: one that is down delays neither another nor the receiver. */
async function handedOn(
  { sinks, outbox, onSinkState }: HandedOn,
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
    const onState = onSinkState(sink);
    return supervise({ name: `sink "${sink.name}"`, attempt, onState }, context);
  });
}
