import { extentOf } from "@headgate/model";
import type { ReceivedEntry } from "../protocol/received-entry.ts";

/** For the status: which entry cannot be kept, and why. */
export function refusalText(entry: ReceivedEntry, why: string): string {
  const { first, last } = extentOf(entry);
  const numbers = first === last ? `block ${first}` : `blocks ${first}-${last}`;
  return `${entry.stream} ${entry.epoch} ${numbers}: ${why}`;
}
