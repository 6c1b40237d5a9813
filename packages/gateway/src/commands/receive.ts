import type { Context } from "@headgate/model";
import { openSqliteStore, type ReceiveOptions, receive } from "@headgate/sync/receiver";
import { supervise } from "../supervise.ts";
import { ExitCode } from "./exit-code.ts";

/** What `headgate receive` is told. */
export interface RunReceiveOptions extends Omit<ReceiveOptions, "store"> {
  /** The SQLite file; created where there is none. */
  readonly storePath: string;
}

/** `headgate receive`: keeps what gateways send until the signal aborts. */
export async function runReceive(
  { storePath, ...options }: RunReceiveOptions,
  context: Context,
): Promise<number> {
  const attempt = async (onUp: () => void): Promise<void> => {
    // Opened anew each time: after a disk error only a fresh handle tells what was kept.
    const store = openSqliteStore(storePath);
    try {
      await receive({ ...options, store }, context, onUp);
    } finally {
      await store.close();
    }
  };
  const name = `receiver "${options.receiverId ?? "main"}"`;
  context.log.info(`${name} starts`, { store: storePath });
  await supervise({ name, attempt, onState: () => {} }, context);
  context.log.info(`${name} stopped`);
  return ExitCode.ok;
}
