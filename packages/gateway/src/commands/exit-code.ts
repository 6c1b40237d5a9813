import { Misconfigured, Refused, Unreachable } from "@headgate/model";

/** What a command's end means to the script that called it. */
export const ExitCode = { ok: 0, no: 1, usage: 2, unreachable: 3 } as const;

/** The exit code of a fault; null if it is none, but a bug. */
export function exitCodeOf(error: unknown): number | null {
  if (error instanceof Misconfigured) return ExitCode.usage;
  if (error instanceof Unreachable) return ExitCode.unreachable;
  if (error instanceof Refused) return ExitCode.no;
  return null;
}
