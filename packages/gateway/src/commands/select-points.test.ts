import { describe, expect, it } from "vitest";
import type { GatewayConfig } from "../config/config.ts";
import { selectPoints } from "./select-points.ts";

const points = ["temperature", "volume"].map((name) => ({
  deviceId: "tank",
  point: { id: `tank/${name}` },
}));
const devices = [{ id: "tank", profile: null, points }];
const config = { channels: [{ id: "plc", devices }] } as unknown as GatewayConfig;

describe("names of devices and points", () => {
  it("select what they mean", () => {
    expect(selectPoints(config, ["tank/volume"])[0]?.points).toEqual([points[1]]);
    expect(selectPoints(config, ["tank"])[0]?.points).toEqual(points);
  });

  it.each([
    ["tnak", /no device or point "tnak" in the config; did you mean tank\?/],
    ["tank/temprature", /did you mean tank\/temperature\?/],
    ["tnak/volume", /did you mean tank\/volume\?/],
    ["elsewhere", /known are tank$/],
    ["tank/nop", /known are tank\/temperature, tank\/volume$/],
  ])("that are unknown are told with what was meant: %s", (name, text) => {
    expect(() => selectPoints(config, [name])).toThrow(text);
  });
});
