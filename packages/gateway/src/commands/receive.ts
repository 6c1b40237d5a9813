import type { Context } from "@headgate/model";
import {
  expectNames,
  expectPlace,
  isNewStore,
  openStore,
  ReceiveMeter,
  type ReceiveOptions,
  type Sink,
  storeName,
} from "@headgate/sync/receiver";
import { warnIfOpen } from "../http/warn-if-open.ts";
import { supervise } from "../supervise.ts";
import { ExitCode } from "./exit-code.ts";
import { receiveAndHandOn } from "./receive-and-hand-on.ts";
import { ReceiverHealth } from "./receiver-health.ts";
import { type MetricsAddress, serveMetrics } from "./serve-metrics.ts";

/** What `headgate receive` is told. */
export interface RunReceiveOptions extends Omit<ReceiveOptions, "store"> {
  /** An SQLite file, in a folder that is there, or a PostgreSQL address; created if it is not. */
  readonly storeAddress: string;
  /** Where committed blocks are handed on to. */
  readonly sinks?: readonly Sink[];
  readonly health?: ReceiverHealth;
}

/** `headgate receive restored`: what the store acknowledged before counts no more. */
export async function sayRestored(storeAddress: string): Promise<void> {
  const store = await openStore(storeAddress);
  try {
    await store.startAnew?.();
  } finally {
    await store.close();
  }
}

/** What is watched while a receiver runs. */
export interface Watch {
  readonly meter: ReceiveMeter;
  readonly health: ReceiverHealth;
}

/** `body`, with metrics and health served while it runs, if an address is given. */
export async function withMetrics<T>(
  address: MetricsAddress | undefined,
  { clock, log }: Context,
  body: (watch: Watch) => Promise<T>,
): Promise<T> {
  const watch = { meter: new ReceiveMeter(), health: new ReceiverHealth() };
  if (!address) return body(watch);
  const metrics = async () =>
    watch.meter.text(clock.monotonicMs()) + (await watch.meter.sinks.text(clock));
  const server = await serveMetrics(address, { metrics, health: () => watch.health.report() });
  log.info("metrics", { url: `http://${address.host}:${server.port}/metrics` });
  warnIfOpen("/metrics", address.host, log);
  try {
    return await body(watch);
  } finally {
    await server.close();
  }
}

/** `headgate receive`: keeps what gateways send until the signal aborts. */
export async function runReceive(
  { storeAddress, sinks = [], health = new ReceiverHealth(), ...options }: RunReceiveOptions,
  context: Context,
): Promise<number> {
  const shown = storeName(storeAddress);
  const name = `receiver "${options.receiverId ?? "main"}"`;
  expectNames(options);
  expectPlace(storeAddress);
  const attempt = async (onUp: () => void): Promise<void> => {
    if (isNewStore(storeAddress)) context.log.info("a new, empty store begins", { store: shown });
    // Opened anew each time: after an error only a fresh handle tells what was kept.
    const store = await openStore(storeAddress);
    try {
      onUp();
      await receiveAndHandOn(store, { ...options, name, sinks, health }, context);
    } finally {
      await store.close();
    }
  };
  context.log.info(`${name} starts`, { store: shown, sinks: sinks.map((sink) => sink.name) });
  const storePart = `store ${shown}`;
  const onState = health.watch(storePart, true);
  await supervise({ name: storePart, attempt, onState }, context);
  context.log.info(`${name} stopped`);
  return ExitCode.ok;
}
