import {
  type Context,
  describeError,
  Misconfigured,
  missing,
  Refused,
  type Sample,
  Unreachable,
} from "@headgate/model";
import type { EventPoint } from "./address.ts";
import type { Camera } from "./camera.ts";
import type { EventFeed } from "./event-feed.ts";
import { createEventSampler } from "./event-sampler.ts";

/** What a subscription works with. */
export interface SubscriptionParts {
  readonly feed: EventFeed;
  readonly camera: Camera;
  readonly context: Context;
}

/** So long the rest of a camera goes on before a refused subscription is asked for anew. */
const REFUSED_PAUSE_MS = 60_000;

/**
 * Runs the feed for some points until `signal` aborts. A camera that gives no subscription keeps
 * its other points for a while: its event points turn bad, and only then `Unreachable` asks for a
 * new connection. A subscription lost in use is `Unreachable` at once.
 */
export async function runSubscription(
  { feed, camera, context }: SubscriptionParts,
  points: readonly EventPoint[],
  { emit, signal }: { emit: (samples: Sample[]) => void; signal: AbortSignal },
): Promise<void> {
  const { clock, log } = context;
  const sampler = createEventSampler(points, { states: feed.states, camera, clock });
  let hasStarted = false;
  try {
    await feed.run((event) => {
      hasStarted ||= event === "states-known";
      const samples = sampler(event);
      if (samples.length > 0 && !signal.aborted) emit(samples);
    }, signal);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof Refused) && !(error instanceof Misconfigured)) throw error;
    const reason = describeError(error);
    if (!hasStarted) {
      log.warn("camera gives no events", { camera: camera.name, reason });
      emit(points.map(({ id }) => missing(id, clock.nowMs(), reason)));
      await clock.sleep(REFUSED_PAUSE_MS, signal);
    }
    if (!signal.aborted) {
      throw new Unreachable(`events of ${camera.name} lost: ${reason}`, { cause: error });
    }
  }
}
