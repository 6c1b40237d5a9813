import { describe, expect, it } from "vitest";
import { mqttConfigSchema } from "./config.ts";

const url = "mqtt://broker.example:1883";

describe("settings of the mqtt uplink", () => {
  it("have defaults: blocks, told by the receiver", () => {
    expect(mqttConfigSchema.parse({ url })).toMatchObject({
      format: "blocks",
      delivery: "receiver",
      root: "headgate/1",
      window: 20,
      ackTimeout: 15_000,
      keepalive: 30_000,
      receivers: ["main"],
    });
    const json = mqttConfigSchema.parse({ url, format: "json" });
    expect(json).toMatchObject({ delivery: "broker", root: "headgate/json" });
  });

  it.each([
    [{ delivery: "broker+hold" }, true],
    [{ delivery: "broker+hold", format: "blocks-json" }, true],
    [{ delivery: "broker+hold", format: "json" }, false],
    [{ delivery: "broker+hold", requireSubscriber: false }, false],
    [{ delivery: "broker" }, false],
    [{ delivery: "broker", requireSubscriber: true }, true],
  ])("want a subscriber, or not: %j", (settings, requireSubscriber) => {
    expect(mqttConfigSchema.parse({ url, ...settings })).toMatchObject({ requireSubscriber });
  });

  it.each([
    ["an unknown key", { url, windwo: 3 }],
    ["json told by a receiver", { url, format: "json", delivery: "receiver" }],
    ["a root with wildcards", { url, root: "a/#" }],
    ["another protocol's address", { url: "http://broker" }],
    ["a duration without a unit", { url, ackTimeout: "15" }],
    ["no receivers", { url, receivers: [] }],
  ])("refuse %s", (_name, input) => {
    expect(mqttConfigSchema.safeParse(input).success).toBe(false);
  });

  it.each([
    ["500 ms", 500],
    ["15s", 15_000],
    ["2 min", 120_000],
    [700, 700],
  ])("read the duration %s", (ackTimeout, expected) => {
    expect(mqttConfigSchema.parse({ url, ackTimeout }).ackTimeout).toBe(expected);
  });
});
