import { SimClock } from "@headgate/model/testing";
import { describe, expect, it } from "vitest";
import { type ClockChange, ClockWatch } from "./clock-watch.ts";

const HOUR_MS = 3_600_000;
let runs = 0;

function watchOf(clock: SimClock, stored = ""): ClockWatch {
  const newBootId = () => `${++runs}`.padStart(16, "0");
  return new ClockWatch({ clock, stored, newBootId });
}

const OWN = { isDeviceTime: false, hasSamples: true };

/** Looks, takes over what changed, and gives it. */
function seen(watch: ClockWatch): ClockChange | null {
  const change = watch.look();
  if (change) watch.take(change);
  return change;
}

describe("a watch over the clock", () => {
  it("says nothing of a clock of which nothing is known", async () => {
    const clock = new SimClock();
    const watch = watchOf(clock);
    clock.step(HOUR_MS);
    expect([watch.look(), watch.stamp(OWN), watch.toStore(), watch.asStatus()]).toEqual([
      null,
      undefined,
      null,
      {},
    ]);
  });

  it("tells after a restart what the gateway had dated before it stopped", async () => {
    const clock = new SimClock();
    clock.setSynced(false);
    const stored = watchOf(clock).toStore() ?? "";
    const again = watchOf(clock, stored);
    clock.step(HOUR_MS);
    clock.setSynced(true);
    expect(again.look()?.told).toMatchObject({ step: 1, offsetMs: HOUR_MS });
  });

  it("tells a step of a clock that was right all along", () => {
    const clock = new SimClock();
    clock.setSynced(true);
    const watch = watchOf(clock);
    watch.stamp(OWN);
    clock.step(HOUR_MS);
    expect(seen(watch)?.told).toMatchObject({ step: 1, offsetMs: 0, isSynced: true });
    expect(watch.stamp(OWN)?.step).toBe(1);
  });

  it("takes a process that was held up between two readings for no step", () => {
    const clock = new SimClock();
    clock.setSynced(false);
    const watch = watchOf(clock);
    let heldUpMs = 5000;
    const state = clock.state.bind(clock);
    clock.state = () => {
      const found = state();
      const bootMs = found.bootMs - heldUpMs;
      heldUpMs = 0;
      return { ...found, bootMs };
    };
    expect(watch.look()).toBeNull();
  });

  it("begins another book where the stored one is not what was written", () => {
    const clock = new SimClock();
    clock.setSynced(true);
    const watch = watchOf(clock, '{"machineBootId":');
    expect(watch.stamp(OWN)).toMatchObject({ step: 0, isSynced: true });
  });

  it("tells by how much samples are wrong when the clock becomes right", async () => {
    const clock = new SimClock(0);
    clock.setSynced(false);
    const watch = watchOf(clock);
    await clock.advance(5000);
    expect(watch.stamp(OWN)).toMatchObject({ monotonicMs: 5000, isSynced: false, step: 0 });
    expect(watch.look()).toBeNull();
    clock.step(HOUR_MS);
    clock.setSynced(true);
    const told = { step: 1, offsetMs: HOUR_MS, isSynced: true, atMs: HOUR_MS + 5000 };
    expect(seen(watch)?.told).toMatchObject(told);
    expect(watch.stamp(OWN)).toMatchObject({ isSynced: true, step: 1 });
    expect(watch.asStatus().clock).toMatchObject({ isSynced: true, stepCount: 1 });
    expect(watch.look()).toBeNull();
  });

  it("tells that an unsure clock was right all along", () => {
    const clock = new SimClock();
    clock.setSynced(false);
    const watch = watchOf(clock);
    watch.stamp(OWN);
    clock.setSynced(true);
    expect(seen(watch)?.told).toMatchObject({ step: 1, offsetMs: 0, isSynced: true });
  });

  it("has nothing to tell where no block was dated yet", () => {
    const clock = new SimClock();
    clock.setSynced(false);
    const watch = watchOf(clock);
    clock.step(HOUR_MS);
    clock.setSynced(true);
    expect(seen(watch)?.told).toBeNull();
    expect(watch.stamp(OWN)).toMatchObject({ isSynced: true, step: 0 });
  });

  it("tells each step of an unsure clock, and none of a clock that was right", async () => {
    const clock = new SimClock();
    clock.setSynced(false);
    const watch = watchOf(clock);
    watch.stamp(OWN);
    clock.step(-HOUR_MS);
    expect(seen(watch)?.told).toMatchObject({ step: 1, offsetMs: -HOUR_MS, isSynced: false });
    clock.step(499);
    expect(seen(watch)).toBeNull();
    clock.setSynced(true);
    expect(seen(watch)?.told).toMatchObject({ step: 2, offsetMs: 499, isSynced: true });
    clock.step(HOUR_MS);
    const told = { step: 3, offsetMs: 0, isSynced: true };
    expect(seen(watch)).toMatchObject({ told, steppedMs: HOUR_MS });
  });

  it("goes on after a restart in the same run, and begins anew after one of the machine", () => {
    const clock = new SimClock();
    clock.setSynced(false);
    const first = watchOf(clock);
    const { bootId } = first.stamp(OWN) ?? {};
    const stored = first.toStore() ?? "";
    expect(first.toStore()).toBeNull();
    clock.step(HOUR_MS);
    const second = watchOf(clock, stored);
    expect(seen(second)?.told).toMatchObject({ bootId, step: 1, offsetMs: HOUR_MS });
    clock.reboot();
    const third = watchOf(clock, second.toStore() ?? "");
    expect(third.look()).toBeNull();
    expect(third.stamp(OWN)?.bootId).not.toBe(bootId);
    expect(seen(second)?.told).toBeNull();
  });

  it("keeps apart what devices have dated as long as our own clock is unsure", () => {
    const clock = new SimClock();
    clock.setSynced(false);
    const watch = watchOf(clock);
    const own = { pointId: "a/b", timestampMs: 1, quality: "good", value: 1 } as const;
    const device = { ...own, isDeviceTime: true };
    const parts = watch.split([own, device, own]);
    expect(parts.map((part) => [part.isDeviceTime, part.samples.length])).toEqual([
      [false, 2],
      [true, 1],
    ]);
    expect(watch.stamp({ ...OWN, isDeviceTime: true })).toMatchObject({ isSynced: true });
    clock.setSynced(true);
    seen(watch);
    expect(watch.split([own, device])).toHaveLength(1);
  });
});
