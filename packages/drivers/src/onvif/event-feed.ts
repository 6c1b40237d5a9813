import { describeError, Refused } from "@headgate/model";
import type { EventMessage } from "./event-message.ts";
import { createEventStates, type EventStates } from "./event-states.ts";
import { createPullPoint, type PullPoint } from "./pull-point.ts";
import type { CameraParts } from "./services.ts";

/**
 * Told of each message after it has been taken in; once, when the camera has had its chance to tell
 * all states; and when motion was presumed over.
 */
export type OnEvent = (event: EventMessage | "states-known" | "motion-expired") => void;

/** The camera's events, fetched by one subscription at most. */
export interface EventFeed {
  readonly states: EventStates;
  /** Fetches until `signal` aborts. Rejects with `Unreachable` or `Refused`. */
  run(onEvent: OnEvent, signal: AbortSignal): Promise<void>;
  /** Brings the states up to date once, unless `run` does so all the time. */
  refresh(signal: AbortSignal): Promise<void>;
  /** Ends the subscription if there is one. Never rejects. */
  end(): Promise<void>;
}

/** An answer may take no longer when nobody waits for events, only for the states. */
const SHORT_WAIT_MS = 1000;
/** A camera that answers "nothing" at once is not asked again sooner. */
const EMPTY_ROUND_MS_MIN = 1000;
const FULL_ROUND_MS_MIN = 50;
const FAREWELL_MS = 2000;

/** A feed without a subscription yet. */
export function createEventFeed({ camera, services, config, context }: CameraParts): EventFeed {
  const { clock, log } = context;
  const states = createEventStates(config.eventDeadman);
  let pullPoint: PullPoint | undefined;
  let isRunning = false;
  let askedAtMs = Number.NEGATIVE_INFINITY;

  const synchronize = async (point: PullPoint, signal: AbortSignal) => {
    askedAtMs = clock.monotonicMs();
    try {
      await point.synchronize(signal);
    } catch (error) {
      // Not every camera can: then states are known from the first event on.
      if (!(error instanceof Refused)) throw error;
      log.debug("camera does not tell its states", { camera: camera.name, error });
    }
  };

  const subscribed = async (signal: AbortSignal): Promise<PullPoint> => {
    if (pullPoint) return pullPoint;
    if (!services.events) throw new Refused("camera offers no events service");
    const place = { eventsUrl: services.events, reach: services.reach, clock };
    pullPoint = await createPullPoint(camera, place, signal);
    await synchronize(pullPoint, signal);
    return pullPoint;
  };

  /** Motion that has gone half-way to its dead-man is asked after before it is presumed over. */
  const halfwayMs = () => states.nextExpiryMs() - config.eventDeadman / 2;

  const step = async (waitMs: number, onEvent: OnEvent, signal: AbortSignal): Promise<number> => {
    const point = await subscribed(signal);
    await point.renewIfDue(signal);
    const nowMs = clock.monotonicMs();
    if (nowMs >= halfwayMs() && askedAtMs < halfwayMs()) await synchronize(point, signal);
    const nextMs = askedAtMs < halfwayMs() ? halfwayMs() : states.nextExpiryMs();
    const messages = await point.pull(Math.min(waitMs, nextMs - nowMs), signal);
    for (const message of messages) {
      states.apply(message, clock.monotonicMs());
      onEvent(message);
    }
    if (states.expire(clock.monotonicMs())) onEvent("motion-expired");
    return messages.length;
  };

  const end = async () => {
    const point = pullPoint;
    pullPoint = undefined;
    if (!point) return;
    const farewell = new AbortController();
    const late = new AbortController();
    void clock.sleep(FAREWELL_MS, farewell.signal).then(() => late.abort());
    try {
      await point.unsubscribe(late.signal);
    } catch (error) {
      // The camera drops it by itself when its life is over.
      log.debug("camera did not end the subscription", { reason: describeError(error) });
    } finally {
      farewell.abort();
    }
  };

  return {
    states,
    end,
    async run(onEvent, signal) {
      isRunning = true;
      try {
        await step(SHORT_WAIT_MS, onEvent, signal);
        onEvent("states-known");
        while (!signal.aborted) {
          const startedAtMs = clock.monotonicMs();
          const count = await step(config.pullTimeout, onEvent, signal);
          const roundMs = count > 0 ? FULL_ROUND_MS_MIN : EMPTY_ROUND_MS_MIN;
          await clock.sleep(startedAtMs + roundMs - clock.monotonicMs(), signal);
        }
      } finally {
        isRunning = false;
        await end();
      }
    },
    async refresh(signal) {
      if (isRunning) return;
      await step(SHORT_WAIT_MS, () => {}, signal);
    },
  };
}
