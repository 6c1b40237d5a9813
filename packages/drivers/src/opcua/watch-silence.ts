import type { Link } from "./link.ts";
import type { Listener } from "./listener.ts";

/** What is watched with. */
export interface SilenceOptions {
  readonly link: Link;
  readonly signal: AbortSignal;
}

const looksPerSilence = 10;

/** Resolves when `signal` aborts; rejects once the subscription is lost or silent for too long. */
export async function watchSilence(
  listener: Listener,
  { link, signal }: SilenceOptions,
): Promise<void> {
  const { clock } = link.context;
  const { silenceMs } = listener;
  const ended = listener.ending.signal;
  const ends = AbortSignal.any([signal, link.lost, ended]);
  while (!ends.aborted) {
    if (clock.monotonicMs() - listener.heardMs > silenceMs) {
      listener.ended(`no notification nor keep-alive for ${silenceMs} ms`);
      break;
    }
    await clock.sleep(silenceMs / looksPerSilence, ends);
  }
  if (signal.aborted) return;
  throw link.lose(String(ended.reason ?? ""));
}
