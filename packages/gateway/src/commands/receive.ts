import { type Context, Misconfigured } from "@headgate/model";
import {
  handOn,
  openStore,
  type ReceiveOptions,
  receive,
  type Sink,
  type Store,
  storeName,
} from "@headgate/sync/receiver";
import { supervise } from "../supervise.ts";
import { ExitCode } from "./exit-code.ts";
import { watchStore } from "./watch-store.ts";

/** What `headgate receive` is told. */
export interface RunReceiveOptions extends Omit<ReceiveOptions, "store"> {
  /** An SQLite file or a PostgreSQL address; created where there is none. */
  readonly storeAddress: string;
  /** Where committed blocks are handed on to. */
  readonly sinks?: readonly Sink[];
}

/** `headgate receive`: keeps what gateways send until the signal aborts. */
export async function runReceive(
  { storeAddress, sinks = [], ...options }: RunReceiveOptions,
  context: Context,
): Promise<number> {
  const name = `receiver "${options.receiverId ?? "main"}"`;
  const attempt = async (onUp: () => void): Promise<void> => {
    // Opened anew each time: after an error only a fresh handle tells what was kept.
    const opened = await openStore(storeAddress);
    const { store, signal, end, lost } = watchStore(opened, context.signal);
    const inner = { ...context, signal };
    try {
      onUp();
      await Promise.all([
        supervise(
          { name, attempt: (up) => receive({ ...options, store }, inner, up), onState: () => {} },
          inner,
        ),
        ...(await handedOn(sinks, opened, inner)),
      ]);
      if (lost() !== null) throw lost();
    } finally {
      end();
      await opened.close();
    }
  };
  const shown = storeName(storeAddress);
  context.log.info(`${name} starts`, { store: shown, sinks: sinks.map((sink) => sink.name) });
  await supervise({ name: `store ${shown}`, attempt, onState: () => {} }, context);
  context.log.info(`${name} stopped`);
  return ExitCode.ok;
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
