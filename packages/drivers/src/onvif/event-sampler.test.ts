import { SimClock } from "@headgate/model/testing";
import { describe, expect, it } from "vitest";
import type { EventPoint } from "./address.ts";
import type { EventMessage } from "./event-message.ts";
import { createEventSampler, eventTimeMs } from "./event-sampler.ts";
import { createEventStates } from "./event-states.ts";

function point(topic: string): EventPoint {
  return {
    id: `gate/${topic}`,
    address: { kind: "event", topic, source: undefined },
    device: undefined,
  };
}

function message(value: boolean | string, given: Partial<EventMessage> = {}): EventMessage {
  const topic = "VideoSource/MotionAlarm";
  return { topic, sources: [], operation: "Changed", cameraTimeMs: undefined, value, ...given };
}

function rig(...points: EventPoint[]) {
  const clock = new SimClock();
  const states = createEventStates(60_000);
  const sampler = createEventSampler(points, { states, camera: { clockOffsetMs: () => 0 }, clock });
  const take = (event: EventMessage) => {
    states.apply(event, clock.monotonicMs());
    return sampler(event);
  };
  return { clock, states, sampler, take };
}

describe("samples of events", () => {
  it("a state is sampled when it changes, not when it is told again", () => {
    const { take, sampler } = rig(point("motion"));
    const initialized = { operation: "Initialized" } as const;
    expect(take(message(false, initialized))).toMatchObject([{ quality: "good", value: false }]);
    expect(sampler("states-known")).toEqual([]);
    expect(take(message(true))).toMatchObject([{ value: true }]);
    expect(take(message(true))).toEqual([]);
    expect(take(message(true, initialized))).toEqual([]);
    expect(take(message(false))).toMatchObject([{ value: false }]);
  });

  it("a point that the camera tells nothing of is bad with a reason", () => {
    const { sampler, take } = rig(point("digital-input"), point("motion"));
    expect(take(message(true))).toHaveLength(1);
    expect(sampler("states-known")).toMatchObject([
      { pointId: "gate/digital-input", quality: "bad", reason: "no event yet" },
    ]);
  });

  it("motion presumed over is uncertain", async () => {
    const { take, states, sampler, clock } = rig(point("motion"));
    take(message(true));
    await clock.advance(60_000);
    expect(states.expire(clock.monotonicMs())).toBe(true);
    expect(sampler("motion-expired")).toMatchObject([{ quality: "uncertain", value: false }]);
  });

  it("events that are no states are sampled each time", () => {
    const crossed = { topic: "RuleEngine/LineDetector/Crossed" };
    const { take } = rig(point("Crossed"));
    expect(take(message("7", crossed))).toHaveLength(1);
    expect(take(message("7", crossed))).toHaveLength(1);
  });

  it("keeps the order of a point's times though the camera cuts them to seconds", () => {
    const { take, clock } = rig(point("motion"));
    const [first] = take(message(false, { operation: "Initialized" }));
    const [second] = take(message(true, { cameraTimeMs: clock.nowMs() - 700 }));
    expect(second?.timestampMs).toBe(first?.timestampMs);
  });
});

describe("the time of an event", () => {
  const nowMs = Date.parse("2026-03-04T05:06:07.500Z");
  const at = (cameraTimeMs: number | undefined, offsetMs: number) =>
    eventTimeMs(message(true, { cameraTimeMs }), nowMs, offsetMs);

  it.each([
    ["a right clock is believed", nowMs - 500, 400, nowMs - 500],
    ["a clock of 1970 is corrected", 10_000 - 500, 10_000 - nowMs, nowMs - 500],
    ["the future is not believed", nowMs + 5000, 0, nowMs],
    ["an hour ago is not believed", nowMs - 3_600_000, 0, nowMs],
    ["no time is now", undefined, 0, nowMs],
  ])("%s", (_, cameraTimeMs, offsetMs, expected) => {
    expect(at(cameraTimeMs, offsetMs)).toBe(expected);
  });
});
