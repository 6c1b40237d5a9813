import type { Context } from "@headgate/model";
import { openStore, type ReceiveOptions, type Sink, storeName } from "@headgate/sync/receiver";
import { supervise } from "../supervise.ts";
import { ExitCode } from "./exit-code.ts";
import { receiveAndHandOn } from "./receive-and-hand-on.ts";

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
    const store = await openStore(storeAddress);
    try {
      onUp();
      await receiveAndHandOn(store, { ...options, name, sinks }, context);
    } finally {
      await store.close();
    }
  };
  const shown = storeName(storeAddress);
  context.log.info(`${name} starts`, { store: shown, sinks: sinks.map((sink) => sink.name) });
  await supervise({ name: `store ${shown}`, attempt, onState: () => {} }, context);
  context.log.info(`${name} stopped`);
  return ExitCode.ok;
}
