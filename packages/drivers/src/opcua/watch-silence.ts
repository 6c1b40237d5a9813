import type { ClientSubscription } from "node-opcua-client";
import type { Link } from "./link.ts";

/** What is watched, and for how long it may say nothing. */
export interface SilenceOptions {
  readonly link: Link;
  readonly signal: AbortSignal;
  readonly silenceMs: number;
}

const looksPerSilence = 10;

/** Resolves when `signal` aborts; rejects once the subscription is lost or silent for too long. */
export async function watchSilence(
  subscription: ClientSubscription,
  { link, signal, silenceMs }: SilenceOptions,
): Promise<void> {
  const { clock } = link.context;
  const ending = new AbortController();
  const end = () => ending.abort();
  let heardMs = clock.monotonicMs();
  let closedBy = "";
  subscription.on("raw_notification", () => {
    heardMs = clock.monotonicMs();
  });
  const closed = (why: string) => {
    closedBy = why;
    end();
  };
  subscription.on("status_changed", (status) => closed(`subscription ended: ${status.name}`));
  subscription.on("terminated", () => closed("subscription ended by the server"));
  for (const other of [signal, link.lost]) other.addEventListener("abort", end, { once: true });
  try {
    while (!signal.aborted && !link.lost.aborted && closedBy === "") {
      if (clock.monotonicMs() - heardMs > silenceMs) {
        closedBy = `no notification nor keep-alive for ${silenceMs} ms`;
        break;
      }
      await clock.sleep(silenceMs / looksPerSilence, ending.signal);
    }
  } finally {
    for (const other of [signal, link.lost]) other.removeEventListener("abort", end);
  }
  if (signal.aborted) return;
  throw link.lose(closedBy);
}
