import { formatStatus, receiveStatus } from "@headgate/sync/receiver";
import { ExitCode } from "./exit-code.ts";

/** `headgate receive status`: what to print, and whether the record is complete. */
export function reportReceived(
  storePath: string,
  { isJson }: { readonly isJson: boolean },
): { readonly text: string; readonly exitCode: number } {
  const status = receiveStatus(storePath);
  const text = isJson ? `${JSON.stringify(status, null, 2)}\n` : formatStatus(status);
  return { text, exitCode: status.isComplete ? ExitCode.ok : ExitCode.no };
}
