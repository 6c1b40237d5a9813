import type { EventAddress } from "./address.ts";
import type { EventMessage } from "./event-message.ts";

/** What a camera's events say is the case now. */
export interface EventStates {
  /** Takes a message in; `nowMs` is monotonic. */
  apply(message: EventMessage, nowMs: number): void;
  /** Clears motion that nothing has confirmed for too long; true if there was any. */
  expire(nowMs: number): boolean;
  /** When motion would next be cleared, monotonic; Infinity if there is none. */
  nextExpiryMs(): number;
  /** True if any source of the address is on; text where the camera gives text. */
  valueOf(address: EventAddress): boolean | string | undefined;
}

interface State {
  readonly message: EventMessage;
  readonly confirmedAtMs: number;
}

/** Cameras name thousands of things in topics; this many may be remembered. */
const STATES_MAX = 1000;

// ONVIF: analytics (cell and region detectors), the imaging service's alarm, common extensions.
const MOTION = new RegExp(
  [
    "^RuleEngine/(CellMotionDetector|MotionRegionDetector|MotionDetector)(/|$)",
    "^VideoSource/MotionAlarm",
    "^VideoAnalytics/.*Motion",
    "^VideoMotion",
    "^MotionDetect",
  ].join("|"),
  "i",
);
const DIGITAL_INPUT = /^Device\/(Trigger\/DigitalInput|IO\/(Port|DigitalInput|VirtualInput))/i;

/** Knows nothing yet. Motion that is on counts as over `deadmanMs` after its last message. */
export function createEventStates(deadmanMs: number): EventStates {
  const states = new Map<string, State>();
  const isMotionOn = ({ message }: State) => message.value === true && MOTION.test(message.topic);

  return {
    apply(message, nowMs) {
      const key = JSON.stringify([message.topic, message.sources]);
      states.delete(key);
      if (message.operation === "Deleted") return;
      states.set(key, { message, confirmedAtMs: nowMs });
      const oldest = states.keys().next().value;
      if (states.size > STATES_MAX && oldest !== undefined) states.delete(oldest);
    },
    expire(nowMs) {
      const due = [...states].filter(
        ([, state]) => isMotionOn(state) && nowMs - state.confirmedAtMs >= deadmanMs,
      );
      for (const [key, { message, confirmedAtMs }] of due) {
        states.set(key, { message: { ...message, value: false }, confirmedAtMs });
      }
      return due.length > 0;
    },
    nextExpiryMs() {
      const on = [...states.values()].filter(isMotionOn);
      return Math.min(...on.map(({ confirmedAtMs }) => confirmedAtMs + deadmanMs));
    },
    valueOf(address) {
      const values = [...states.values()]
        .filter(({ message }) => isAbout(message, address))
        .map(({ message }) => message.value);
      if (values.includes(true)) return true;
      return values.at(-1);
    },
  };
}

/** Whether a message belongs to a point. */
export function isAbout(message: EventMessage, { topic, source }: EventAddress): boolean {
  if (source !== undefined && !message.sources.includes(source)) return false;
  if (topic === "motion") return MOTION.test(message.topic);
  if (topic === "digital-input") return DIGITAL_INPUT.test(message.topic);
  return `/${message.topic}/`.includes(`/${topic}/`);
}
