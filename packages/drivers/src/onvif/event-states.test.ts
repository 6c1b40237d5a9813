import { describe, expect, it } from "vitest";
import type { EventAddress } from "./address.ts";
import type { EventMessage } from "./event-message.ts";
import { createEventStates } from "./event-states.ts";

const MOTION: EventAddress = { kind: "event", topic: "motion", source: undefined };
const INPUT: EventAddress = { kind: "event", topic: "digital-input", source: undefined };

function message(value: boolean | string, given: Partial<EventMessage> = {}): EventMessage {
  return {
    topic: "RuleEngine/CellMotionDetector/Motion",
    sources: ["v1"],
    operation: "Changed",
    cameraTimeMs: undefined,
    value,
    ...given,
  };
}

describe("event states", () => {
  it("motion is on while any source of any detector is", () => {
    const states = createEventStates(60_000);
    expect(states.valueOf(MOTION)).toBeUndefined();
    states.apply(message(true), 0);
    states.apply(message(false, { sources: ["v2"] }), 0);
    states.apply(message(false, { topic: "VideoSource/MotionAlarm" }), 0);
    expect(states.valueOf(MOTION)).toBe(true);
    expect(states.valueOf({ ...MOTION, source: "v2" })).toBe(false);
    expect(states.valueOf(INPUT)).toBeUndefined();
    states.apply(message(true, { operation: "Deleted" }), 0);
    expect(states.valueOf(MOTION)).toBe(false);
  });

  it("clears motion that nothing confirms, at the dead-man's time and not before", () => {
    const states = createEventStates(60_000);
    states.apply(message(true), 1000);
    expect(states.nextExpiryMs()).toBe(61_000);
    expect(states.expire(60_999)).toBe(false);
    states.apply(message(true), 30_000);
    expect(states.expire(61_000)).toBe(false);
    expect(states.expire(90_000)).toBe(true);
    expect(states.valueOf(MOTION)).toBe(false);
    expect(states.expire(200_000)).toBe(false);
    expect(states.nextExpiryMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it("leaves inputs on for ever", () => {
    const states = createEventStates(60_000);
    states.apply(message(true, { topic: "Device/Trigger/DigitalInput" }), 0);
    expect(states.expire(1e9)).toBe(false);
    expect(states.valueOf(INPUT)).toBe(true);
  });

  it("finds other topics by whole steps", () => {
    const states = createEventStates(60_000);
    states.apply(message("hot", { topic: "Monitoring/ProcessorUsage" }), 0);
    const about = (topic: string) => states.valueOf({ kind: "event", topic, source: undefined });
    expect(about("ProcessorUsage")).toBe("hot");
    expect(about("Monitoring/ProcessorUsage")).toBe("hot");
    expect(about("Processor")).toBeUndefined();
  });
});
