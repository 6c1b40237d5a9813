import { describeError, Misconfigured, Refused } from "@headgate/model";
import type { TextWork } from "../configuration/text-work.ts";

/** A work that is wanted of the thread; null: it may leave. */
export type Order = {
  readonly id: number;
  readonly name: keyof TextWork;
  readonly wish: unknown;
} | null;

/** What became of it. A configuration comes packed. */
export type Word =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly fault: ToldFault };

/** A fault by its name, for the other side. */
interface ToldFault {
  readonly name: string;
  readonly message: string;
}

const KINDS = { Misconfigured, Refused } as const;

const isKnown = (name: string): name is keyof typeof KINDS => Object.hasOwn(KINDS, name);

/** What can be told of anything thrown. */
export function tellFault(error: unknown): ToldFault {
  const name = error instanceof Error ? error.name : "Error";
  // Of a bug the place is worth more than the words.
  const stack = error instanceof Error ? error.stack : undefined;
  return { name, message: isKnown(name) ? describeError(error) : (stack ?? String(error)) };
}

/** The fault as it was thrown in the thread. */
export function faultOf({ name, message }: ToldFault): Error {
  return isKnown(name) ? new KINDS[name](message) : new Error(message);
}
