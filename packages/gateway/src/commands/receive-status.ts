import { formatStatus, openRecord } from "@headgate/sync/receiver";
import { ExitCode } from "./exit-code.ts";

/** `headgate receive status`: what to print, and whether the record is complete. */
export async function reportReceived(
  store: string,
  { isJson }: { readonly isJson: boolean },
): Promise<{ readonly text: string; readonly exitCode: number }> {
  const record = await openRecord(store);
  const status = await record.status().finally(() => record.close());
  const text = isJson ? `${JSON.stringify(status, null, 2)}\n` : formatStatus(status);
  return { text, exitCode: status.isComplete ? ExitCode.ok : ExitCode.no };
}
