import { describeError, Refused } from "@headgate/model";
import { aborted } from "./aborted.ts";
import type { EventMessage } from "./event-message.ts";
import { createEventStates, type EventStates } from "./event-states.ts";
import { createPullPoint, type PullPoint } from "./pull-point.ts";
import type { CameraParts } from "./services.ts";

/**
 * Told of each message after it has been taken in; once, when the camera has had its chance to tell
 * all states; and when motion was presumed over.
 */
export type OnEvent = (event: EventMessage | "states-known" | "motion-expired") => void;

/** An answer may take no longer when nobody waits for events, only for the states. */
const SHORT_WAIT_MS = 1000;
/** A camera that answers "nothing" at once is not asked again sooner. */
const EMPTY_ROUND_MS_MIN = 1000;
const FULL_ROUND_MS_MIN = 50;
const FAREWELL_MS = 2000;

/** The camera's events, fetched by one subscription at most, for any number of listeners. */
export class EventFeed {
  readonly states: EventStates;
  readonly #parts: CameraParts;
  #pullPoint: PullPoint | undefined;
  #subscribing: Promise<PullPoint> | undefined;
  readonly #listeners = new Set<OnEvent>();
  #fetching: Promise<void> | undefined;
  #areStatesKnown = false;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: CameraParts) {
    this.#parts = parts;
    this.states = createEventStates(parts.config.eventDeadman);
  }

  /**
   * Tells of events until `signal` aborts. The first listener's signal is also that of the
   * fetching; when it ends, the next one goes on. Rejects with `Unreachable`, `Refused` or
   * `Misconfigured`.
   */
  async run(onEvent: OnEvent, signal: AbortSignal): Promise<void> {
    this.#listeners.add(onEvent);
    if (this.#areStatesKnown) onEvent("states-known");
    try {
      while (!signal.aborted) {
        this.#fetching ??= this.#fetch(signal).finally(() => {
          this.#fetching = undefined;
        });
        await Promise.race([this.#fetching, aborted(signal)]);
      }
      // The own fetching is not left behind; another's is not waited for.
      if (this.#listeners.size === 1) await this.#fetching;
    } finally {
      this.#listeners.delete(onEvent);
    }
  }

  async #fetch(signal: AbortSignal): Promise<void> {
    const { config, context } = this.#parts;
    const { clock } = context;
    try {
      await this.#step(SHORT_WAIT_MS, signal);
      this.#areStatesKnown = true;
      this.#tell("states-known");
      while (!signal.aborted) {
        const startedAtMs = clock.monotonicMs();
        const count = await this.#step(config.pullTimeout, signal);
        const roundMs = count > 0 ? FULL_ROUND_MS_MIN : EMPTY_ROUND_MS_MIN;
        await clock.sleep(startedAtMs + roundMs - clock.monotonicMs(), signal);
      }
    } catch (error) {
      // Stopped while asking: that is an end, not a fault of the other listeners' line.
      if (!signal.aborted) throw error;
    } finally {
      this.#areStatesKnown = false;
      await this.end();
    }
  }

  #tell(event: Parameters<OnEvent>[0]): void {
    for (const onEvent of this.#listeners) onEvent(event);
  }

  /** Brings the states up to date once, unless `run` does so all the time. */
  async refresh(signal: AbortSignal): Promise<void> {
    if (!this.#fetching) await this.#step(SHORT_WAIT_MS, signal);
  }

  /** Ends the subscription if there is one. Never rejects. */
  async end(): Promise<void> {
    const { clock, log } = this.#parts.context;
    const point = this.#pullPoint;
    this.#pullPoint = undefined;
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
  }

  async #step(waitMs: number, signal: AbortSignal): Promise<number> {
    const { clock } = this.#parts.context;
    const point = await this.#subscribed(signal);
    await point.renewIfDue(signal);
    const nowMs = clock.monotonicMs();
    const halfwayMs = this.#halfwayMs();
    if (nowMs >= halfwayMs && this.#askedAtMs < halfwayMs) await this.#synchronize(point, signal);
    const nextMs = this.#askedAtMs < halfwayMs ? halfwayMs : this.states.nextExpiryMs();
    const messages = await point.pull(Math.min(waitMs, nextMs - nowMs), signal);
    for (const message of messages) {
      this.states.apply(message, clock.monotonicMs());
      this.#tell(message);
    }
    if (this.states.expire(clock.monotonicMs())) this.#tell("motion-expired");
    return messages.length;
  }

  /** Motion that has gone half-way to its dead-man is asked after before it is presumed over. */
  #halfwayMs(): number {
    return this.states.nextExpiryMs() - this.#parts.config.eventDeadman / 2;
  }

  async #subscribed(signal: AbortSignal): Promise<PullPoint> {
    if (this.#pullPoint) return this.#pullPoint;
    this.#subscribing ??= this.#subscribe(signal).finally(() => {
      this.#subscribing = undefined;
    });
    return this.#subscribing;
  }

  async #subscribe(signal: AbortSignal): Promise<PullPoint> {
    const { camera, services, context } = this.#parts;
    if (!services.events) throw new Refused("camera offers no events service");
    const place = { eventsUrl: services.events, reach: services.reach, clock: context.clock };
    const point = await createPullPoint(camera, place, signal);
    this.#pullPoint = point;
    await this.#synchronize(point, signal);
    return point;
  }

  async #synchronize(point: PullPoint, signal: AbortSignal): Promise<void> {
    const { camera, context } = this.#parts;
    this.#askedAtMs = context.clock.monotonicMs();
    try {
      await point.synchronize(signal);
    } catch (error) {
      // Not every camera can: then states are known from the first event on.
      if (!(error instanceof Refused)) throw error;
      context.log.debug("camera does not tell its states", { camera: camera.name, error });
    }
  }
}
