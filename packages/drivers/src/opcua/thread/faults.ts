import { describeError, Misconfigured, Refused, Unreachable } from "@headgate/model";
import type { ToldFault } from "./messages.ts";

/** What can be told of anything thrown. */
export function tellFault(error: unknown): ToldFault {
  const name = error instanceof Error ? error.name : "Error";
  const isKnown = kinds.has(name);
  // Of a bug the place is worth more than the words.
  const stack = error instanceof Error ? error.stack : undefined;
  return { name, message: isKnown ? describeError(error) : (stack ?? String(error)) };
}

const kinds = new Map<string, new (message: string) => Error>([
  ["Unreachable", Unreachable],
  ["Misconfigured", Misconfigured],
  ["Refused", Refused],
]);

/** The fault as it was thrown in the thread. */
export function faultOf({ name, message }: ToldFault): Error {
  const Kind = kinds.get(name) ?? Error;
  return new Kind(message);
}
