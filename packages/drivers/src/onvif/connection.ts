import {
  type Connection,
  type Context,
  describeError,
  Misconfigured,
  missing,
  type Point,
  Refused,
  type Sample,
  Unreachable,
} from "@headgate/model";
import { aborted } from "./aborted.ts";
import { type Address, isEventPoint } from "./address.ts";
import { type Camera, createCamera } from "./camera.ts";
import type { Config } from "./config.ts";
import { createFacts } from "./device-facts.ts";
import { EventFeed } from "./event-feed.ts";
import { runSubscription } from "./event-subscription.ts";
import { findServices, type Services } from "./services.ts";
import { createSnapshots } from "./snapshots.ts";

/** Reaches the camera, learns its clock and its services, and tries the login. */
export async function openCamera(config: Config, context: Context): Promise<Connection<Address>> {
  const camera = createCamera(config, context);
  const services = await greet(camera, context);
  const { clock } = context;
  const feed = new EventFeed({ camera, services, config, context });
  const facts = createFacts(camera);
  const snapshots = createSnapshots({ camera, services, config, context });
  const closing = new AbortController();
  const until = (signal: AbortSignal) => AbortSignal.any([signal, context.signal, closing.signal]);

  const observe = async (point: Point<Address>, signal: AbortSignal): Promise<Sample> => {
    const { id: pointId, address } = point;
    if (address.kind === "snapshot") return snapshots(pointId, address.profile, signal);
    const value =
      address.kind === "device"
        ? await facts.read(address.fact, signal)
        : feed.states.valueOf(address);
    const timestampMs = clock.nowMs();
    if (value === undefined) return missing(pointId, timestampMs, "no event yet");
    return { pointId, timestampMs, quality: "good", value };
  };

  return {
    async read(points, outer) {
      const signal = until(outer);
      facts.forget();
      const eventTrouble = points.some(isEventPoint)
        ? await reasonOf(feed.refresh(signal))
        : undefined;
      const samples: Sample[] = [];
      for (const point of points) {
        const badReason = isEventPoint(point) ? eventTrouble : undefined;
        samples.push(
          badReason === undefined
            ? await orMissing(observe(point, signal), point, context)
            : missing(point.id, clock.nowMs(), badReason),
        );
      }
      return samples;
    },
    async subscribe(points, emit, outer) {
      const signal = until(outer);
      const events = points.filter(isEventPoint);
      const others = points.filter((point) => !isEventPoint(point));
      if (others.length > 0) emit(others.map(({ id }) => missing(id, clock.nowMs(), NOT_PUSHED)));
      if (events.length > 0) {
        await runSubscription({ feed, camera, context }, events, { emit, signal });
      } else {
        await aborted(signal);
      }
    },
    async close() {
      closing.abort();
      await feed.end();
    },
  };
}

const NOT_PUSHED = "a camera pushes events only; write every instead of subscribe";

/** The camera's clock comes first, since the login depends on it; then the login; then the rest. */
async function greet(camera: Camera, { signal, log }: Context): Promise<Services> {
  try {
    await camera.refreshClock(signal);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    // Something answers that is no camera, or is one that still starts.
    throw new Unreachable(describeError(error), { cause: error });
  }
  const noFacts = await refusalOf(createFacts(camera).read("model", signal));
  if (noFacts) log.warn("camera does not tell what it is", { camera: camera.name, error: noFacts });
  try {
    return await findServices(camera, signal);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    log.warn("camera does not tell its services", { camera: camera.name, error });
    return { media: undefined, media2: undefined, events: undefined, reach: (a) => new URL(a) };
  }
}

async function refusalOf(promise: Promise<unknown>): Promise<Error | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}

async function reasonOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (error instanceof Refused || error instanceof Misconfigured) return describeError(error);
    throw error;
  }
}

async function orMissing(
  sample: Promise<Sample>,
  { id }: Point<Address>,
  { clock }: Context,
): Promise<Sample> {
  try {
    return await sample;
  } catch (error) {
    if (!(error instanceof Refused) && !(error instanceof Misconfigured)) throw error;
    return missing(id, clock.nowMs(), describeError(error));
  }
}
