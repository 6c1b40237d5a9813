import { describe, expect, it } from "vitest";
import { brokerUrl, freeUplinkId, isPlainElsewhere, uplinkOf } from "./broker-url.ts";

describe("a broker's address", () => {
  it.each([
    ["mqtt://broker:1884", "mqtt://broker:1884"],
    [" broker.example ", "mqtts://broker.example"],
    ["broker:1884", "mqtts://broker:1884"],
    ["127.0.0.1:40123", "mqtt://127.0.0.1:40123"],
    ["[::1]", "mqtt://[::1]"],
    ["10.0.0.7:1883", "mqtt://10.0.0.7:1883"],
    ["broker:8883", "mqtts://broker:8883"],
    ["wss://broker/mqtt", "wss://broker/mqtt"],
    ["", ""],
  ])("%s", (written, url) => expect(brokerUrl(written)).toBe(url));
});

describe("in clear to another machine", () => {
  it.each([
    ["mqtt://broker:1883", true],
    ["ws://u:p@10.0.0.7/mqtt", true],
    ["mqtt://127.0.0.1@10.0.0.7", true],
    ["mqtt://u:p@127.0.0.1:1883", false],
    ["mqtt://[::1]:1883", false],
    ["mqtts://broker", false],
    ["mqtt://", false],
  ])("%s: %s", (url, isPlain) => expect(isPlainElsewhere(url)).toBe(isPlain));
});

it("an uplink has what was said, and nothing else", () => {
  const login = { username: "", password: "", isProtected: true };
  const given = { address: "b", farSide: "receiver", ...login } as const;
  expect(uplinkOf(given)).toEqual({ url: "mqtts://b", format: "blocks" });
  expect(uplinkOf({ ...given, farSide: "json", username: "u", password: "p" })).toEqual({
    ...{ url: "mqtts://b", format: "json", username: "u", password: "p" },
  });
});

it("an uplink in clear says that this is wanted, once somebody ticked it", () => {
  const given = { address: "b:1883", farSide: "receiver", username: "", password: "" } as const;
  const plain = { url: "mqtt://b:1883", format: "blocks" };
  expect(uplinkOf({ ...given, isProtected: false })).toEqual(plain);
  expect(uplinkOf({ ...given, isProtected: true })).toEqual({ ...plain, allowPlain: true });
});

it("its name is free", () => {
  expect(freeUplinkId([])).toBe("upstream");
  expect(freeUplinkId(["upstream", "upstream-2"])).toBe("upstream-3");
});
