import type { Log, Seq, Stream } from "@headgate/model";
import type { Commit } from "./store-messages.ts";

/** Says which numbers are durable now, a line for each epoch. */
export function logCommitted({ blocks }: Commit, log: Log): void {
  const groups = new Map<string, { stream: Stream; epoch: string; first: Seq; last: Seq }>();
  const samples = new Map<string, number>();
  for (const { stream, epoch, seq, sampleCount } of blocks) {
    const group = groups.get(epoch) ?? { stream, epoch, first: seq, last: seq };
    groups.set(epoch, { ...group, last: seq });
    samples.set(epoch, (samples.get(epoch) ?? 0) + sampleCount);
  }
  for (const group of groups.values()) {
    const fields = { ...group, samples: samples.get(group.epoch) };
    log.debug("committed", fields);
  }
}
