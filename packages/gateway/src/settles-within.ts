import type { Clock } from "@headgate/model";

/** Whether `work` settled within `durationMs`; it goes on either way. Never rejects. */
export async function settlesWithin(
  work: Promise<unknown>,
  durationMs: number,
  clock: Clock,
): Promise<boolean> {
  const settled = new AbortController();
  const settle = () => settled.abort();
  work.then(settle, settle);
  await clock.sleep(durationMs, settled.signal);
  return settled.signal.aborted;
}
