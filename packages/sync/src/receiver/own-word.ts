import type { Ack } from "../protocol/messages.ts";
import { differenceOf, spansOf } from "../ranges.ts";
import type { EpochStanding, Store } from "./store.ts";

/** Whether an ack of this life of the store tells of numbers that it does not hold. */
export async function isBehind(
  store: Pick<Store, "incarnation" | "standing" | "recall">,
  gatewayId: string,
  ack: Ack,
): Promise<boolean> {
  if (ack.inc !== store.incarnation) return false;
  if (!lacks(store.standing(gatewayId, Number.POSITIVE_INFINITY), ack)) return false;
  // The gateway may be another shard's by now: then that one's receiver has written on.
  return store.recall === undefined || lacks(await store.recall(gatewayId), ack);
}

function lacks(standing: readonly EpochStanding[], ack: Ack): boolean {
  return ack.streams.some(({ st, ep, w, sack }) => {
    const held = standing.find(({ stream, epoch }) => stream === st && epoch === ep)?.covered ?? [];
    const told = [{ first: 1, last: w }, ...sack.map(([first, last]) => ({ first, last }))];
    return differenceOf(spansOf(told), held).length > 0;
  });
}
