import type { KeptLessons } from "@headgate/model";
import { describe, expect, it } from "vitest";
import type { GatewayConfig } from "../config/config.ts";
import { forgetLearned, formatLearned, showLearned } from "./learned.ts";

function world() {
  const kept = new Map([["data/channels/bus", new Set([3])]]);
  const lessons: KeptLessons<number> = {
    show: async (directory, unitId) =>
      kept.get(directory)?.has(unitId) ? { lines: ["takes 64 registers"], facts: {} } : null,
    forget: async (directory, unitId) => kept.get(directory)?.delete(unitId) ?? false,
  };
  const device = (id: string, unit: number) => {
    return { id, points: [{ deviceId: id, point: { id: `${id}/p`, device: unit } }] };
  };
  const bus = { type: "modbus-rtu", lessons };
  const config = {
    buffer: { path: "data" },
    channels: [
      { id: "bus", driver: bus, devices: [device("meter", 3), device("other", 4)] },
      { id: "wave", driver: { type: "simulated" }, devices: [device("sine", 0)] },
    ],
  };
  return config as unknown as GatewayConfig;
}

describe("what was learnt of devices", () => {
  it("is shown for each, whatever its driver learns", async () => {
    expect(formatLearned(await showLearned(world(), []))).toBe(
      [
        "meter (channel bus)",
        "  takes 64 registers",
        "other (channel bus)",
        "  nothing kept yet",
        "sine (channel wave)",
        "  simulated learns nothing",
        "",
      ].join("\n"),
    );
  });

  it("is forgotten for the devices named", async () => {
    const config = world();
    expect(await forgetLearned(config, ["meter", "other"])).toEqual(["meter"]);
    expect(await forgetLearned(config, ["meter"])).toEqual([]);
  });

  it("is not looked for under a name that is no device's", async () => {
    await expect(showLearned(world(), ["metre"])).rejects.toThrow(/did you mean meter/);
    await expect(showLearned(world(), ["meter/x"])).rejects.toThrow(/name a device, not a point/);
  });
});
