import { type Clock, missing, type PointId, type Sample, type Value } from "@headgate/model";
import type { EventPoint } from "./address.ts";
import type { Camera } from "./camera.ts";
import type { OnEvent } from "./event-feed.ts";
import type { EventMessage } from "./event-message.ts";
import { type EventStates, isAbout } from "./event-states.ts";

/** What a sampler looks at. */
export interface SamplerParts {
  readonly states: EventStates;
  readonly camera: Pick<Camera, "clockOffsetMs">;
  readonly clock: Clock;
}

type Event = Parameters<OnEvent>[0];

/** An event's own time is believed if it is no older than this when it arrives. */
const EVENT_AGE_MAX_MS = 600_000;
/** Cameras tell their time in whole seconds: an offset below this means that the clock is right. */
const OFFSET_MS_MIN = 2000;

/**
 * Makes samples of events. States are sampled when they change, not when they are told again;
 * events of a topic that is no state, each time. Presumed values are uncertain.
 */
export function createEventSampler(
  points: readonly EventPoint[],
  { states, camera, clock }: SamplerParts,
): (event: Event) => Sample[] {
  const last = new Map<PointId, { readonly value: Value | undefined; readonly timeMs: number }>();

  const observe = (point: EventPoint, event: Event): Sample[] => {
    const { id, address } = point;
    const value = states.valueOf(address);
    const message = typeof event === "object" ? event : undefined;
    if (message && !isAbout(message, address)) return [];
    const before = last.get(id);
    const isNew = before === undefined || before.value !== value;
    if (!isNew && !(message && isRepeatable(message, point))) return [];
    const nowMs = clock.nowMs();
    const timeMs = message ? eventTimeMs(message, nowMs, camera.clockOffsetMs()) : nowMs;
    // Cameras cut their times to seconds; a point's samples keep their order all the same.
    const timestampMs = Math.min(nowMs, Math.max(timeMs, before?.timeMs ?? timeMs));
    last.set(id, { value, timeMs: timestampMs });
    if (value === undefined) return [missing(id, nowMs, "no event yet")];
    const quality = event === "motion-expired" ? "uncertain" : "good";
    return [{ pointId: id, timestampMs, quality, value }];
  };

  return (event) => points.flatMap((point) => observe(point, event));
}

/** Motion and inputs are states. Of other topics a message may be all there is to an event. */
function isRepeatable({ operation }: EventMessage, { address }: EventPoint): boolean {
  const isState = address.topic === "motion" || address.topic === "digital-input";
  return operation === "Changed" && !isState;
}

/**
 * UTC of an event. A told state has no time but now; a change has the camera's time, corrected by
 * its clock's offset, unless that makes no sense.
 */
export function eventTimeMs(event: EventMessage, nowMs: number, offsetMs: number): number {
  if (event.operation !== "Changed" || event.cameraTimeMs === undefined) return nowMs;
  const correctionMs = Math.abs(offsetMs) < OFFSET_MS_MIN ? 0 : offsetMs;
  const timeMs = event.cameraTimeMs - correctionMs;
  const isSensible = timeMs <= nowMs && nowMs - timeMs <= EVENT_AGE_MAX_MS;
  return isSensible ? timeMs : nowMs;
}
