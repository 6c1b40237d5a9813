import type { Context } from "@headgate/model";
import { openStore, type ReceiveOptions, receive, storeName } from "@headgate/sync/receiver";
import { supervise } from "../supervise.ts";
import { ExitCode } from "./exit-code.ts";

/** What `headgate receive` is told. */
export interface RunReceiveOptions extends Omit<ReceiveOptions, "store"> {
  /** An SQLite file or a PostgreSQL address; created where there is none. */
  readonly storeAddress: string;
}

/** `headgate receive`: keeps what gateways send until the signal aborts. */
export async function runReceive(
  { storeAddress, ...options }: RunReceiveOptions,
  context: Context,
): Promise<number> {
  const attempt = async (onUp: () => void): Promise<void> => {
    // Opened anew each time: after an error only a fresh handle tells what was kept.
    const store = await openStore(storeAddress);
    try {
      await receive({ ...options, store }, context, onUp);
    } finally {
      await store.close();
    }
  };
  const name = `receiver "${options.receiverId ?? "main"}"`;
  context.log.info(`${name} starts`, { store: storeName(storeAddress) });
  await supervise({ name, attempt, onState: () => {} }, context);
  context.log.info(`${name} stopped`);
  return ExitCode.ok;
}
