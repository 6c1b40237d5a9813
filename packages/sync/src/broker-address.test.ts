import { describe, expect, it } from "vitest";
import { brokerAddress } from "./broker-address.ts";

describe("a broker's address", () => {
  it.each([
    ["mqtt://127.0.0.1:1883", { protocol: "mqtt", host: "127.0.0.1", port: 1883 }],
    ["mqtts://broker.example", { protocol: "mqtts", host: "broker.example" }],
    ["mqtt://[::1]:1884", { protocol: "mqtt", host: "::1", port: 1884 }],
    ["ws://broker.example:8083/mqtt?x=1", { protocol: "ws", port: 8083, path: "/mqtt?x=1" }],
    ["mqtt://me:p%40ss@h", { host: "h", username: "me", password: "p@ss" }],
  ])("%s", (url, address) => {
    expect(brokerAddress(url)).toMatchObject(address);
  });

  it("leaves out what the URL does not say, so that defaults hold", () => {
    expect(Object.keys(brokerAddress("mqtt://h"))).toEqual(["protocol", "host", "path"]);
  });
});
