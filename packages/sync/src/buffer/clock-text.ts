import type { BlockClock } from "@headgate/model";

/** A block's clock as its row keeps it; "" where there is none. */
export function clockTextOf(clock: BlockClock | undefined): string {
  if (!clock) return "";
  const { bootId, monotonicMs, isSynced, step } = clock;
  return `${bootId}/${step}/${isSynced ? 1 : 0}/${monotonicMs}`;
}

/** Undoes `clockTextOf`; anything else is no clock. */
export function clockOfText(text: string): BlockClock | undefined {
  const [bootId, step, isSynced, monotonicMs] = text.split("/");
  if (!bootId || monotonicMs === undefined) return undefined;
  const times = { monotonicMs: Number(monotonicMs), step: Number(step) };
  return { bootId, isSynced: isSynced === "1", ...times };
}

/**
 * The same for all blocks that one clock dated between two of its steps. Only such blocks may be
 * thinned together: their minutes are minutes of one time.
 */
export function clockStretchOf(text: string): string {
  return text.slice(0, Math.max(0, text.lastIndexOf("/")));
}
