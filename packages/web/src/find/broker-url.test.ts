import { describe, expect, it } from "vitest";
import { brokerUrl, freeUplinkId, uplinkOf } from "./broker-url.ts";

describe("a broker's address", () => {
  it.each([
    ["mqtt://broker:1884", "mqtt://broker:1884"],
    [" broker.example ", "mqtt://broker.example"],
    ["10.0.0.7:1883", "mqtt://10.0.0.7:1883"],
    ["broker:8883", "mqtts://broker:8883"],
    ["wss://broker/mqtt", "wss://broker/mqtt"],
    ["", ""],
  ])("%s", (written, url) => expect(brokerUrl(written)).toBe(url));
});

it("an uplink has what was said, and nothing else", () => {
  const given = { address: "b", farSide: "receiver", username: "", password: "" } as const;
  expect(uplinkOf(given)).toEqual({ url: "mqtt://b", format: "blocks" });
  expect(uplinkOf({ ...given, farSide: "json", username: "u", password: "p" })).toEqual({
    ...{ url: "mqtt://b", format: "json", username: "u", password: "p" },
  });
});

it("its name is free", () => {
  expect(freeUplinkId([])).toBe("upstream");
  expect(freeUplinkId(["upstream", "upstream-2"])).toBe("upstream-3");
});
