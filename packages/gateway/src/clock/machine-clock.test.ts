import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SimClock } from "@headgate/model/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { judgeClock, type ServiceWord } from "./judge-clock.ts";
import { createMachineClock } from "./machine-clock.ts";

const FLOOR_MS = 1000;

describe("whether a clock is right", () => {
  it.each<[number, ServiceWord, ServiceWord, string]>([
    [999, "synchronized", "absent", "no: its date is before this program's"],
    [1000, "synchronized", "waiting", "yes: systemd-timesyncd"],
    [1000, "waiting", "synchronized", "yes: time service"],
    [1000, "waiting", "absent", "no: systemd-timesyncd waits"],
    [1000, "absent", "waiting", "no: time service waits"],
    [1000, "absent", "unasked", "no: the system is being asked"],
    [1000, "absent", "absent", "yes: no time service"],
  ])("at %i, timesyncd %s, another %s", (nowMs, timesyncd, otherService, verdict) => {
    const facts = { nowMs, floorMs: FLOOR_MS, timesyncd, otherService };
    const { isSynced, source } = judgeClock(facts);
    expect(`${isSynced ? "yes" : "no"}: ${source}`).toBe(verdict);
  });
});

describe("the machine's clock", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "headgate-clock-"));
    mkdirSync(join(root, "proc/sys/kernel/random"), { recursive: true });
    writeFileSync(join(root, "proc/sys/kernel/random/boot_id"), "a-boot\n");
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("sees the time service arrive", () => {
    mkdirSync(join(root, "run/systemd/timesync"), { recursive: true });
    const clock = createMachineClock({
      clock: new SimClock(),
      root,
      askTimedatectl: async () => "",
    });
    expect(clock.state?.()).toMatchObject({ bootId: "a-boot", isSynced: false });
    writeFileSync(join(root, "run/systemd/timesync/synchronized"), "");
    expect(clock.state?.()).toMatchObject({ isSynced: true, source: "systemd-timesyncd" });
  });

  it("asks the system about other services, now and then until they are done", async () => {
    mkdirSync(join(root, "run/chrony"), { recursive: true });
    writeFileSync(join(root, "run/chrony/chronyd.pid"), "1");
    let shown = "NTP=yes\nNTPSynchronized=no\n";
    let asked = 0;
    const sim = new SimClock();
    const askTimedatectl = async () => {
      asked++;
      return shown;
    };
    const clock = createMachineClock({ clock: sim, root, askTimedatectl });
    await sim.advance(1);
    expect(clock.state?.()).toMatchObject({ isSynced: false, source: "time service waits" });
    shown = "NTP=yes\nNTPSynchronized=yes\n";
    await sim.advance(10_000);
    clock.state?.();
    await sim.advance(60_000);
    expect(clock.state?.()).toMatchObject({ isSynced: true, source: "time service" });
    await sim.advance(60_000);
    clock.state?.();
    expect(asked).toBe(2);
  });

  it("asks nobody where there is no time service", async () => {
    const askTimedatectl = () => Promise.reject(new Error("asked"));
    const clock = createMachineClock({ clock: new SimClock(), root, askTimedatectl });
    expect(clock.state?.()).toMatchObject({ isSynced: true, source: "no time service" });
  });

  it("on this machine goes on with the run of the machine", () => {
    const state = createMachineClock().state?.();
    expect(state?.bootMs).toBeGreaterThan(0);
  });
});
