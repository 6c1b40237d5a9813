import { describe, expect, it } from "vitest";
import { addressSchema, parseAddress } from "./address.ts";

describe("ONVIF addresses", () => {
  it.each([
    ["event:motion", { kind: "event", topic: "motion", source: undefined }],
    ["event:digital-input:in_1", { kind: "event", topic: "digital-input", source: "in_1" }],
    ["event:tns1:Device/Trigger/Relay:r:1", { topic: "Device/Trigger/Relay", source: "r:1" }],
    ["event:RuleEngine/tnsx:LineCross", { topic: "RuleEngine/LineCross" }],
    ["snapshot:main", { kind: "snapshot", profile: "main" }],
    ["snapshot:Profile:1", { kind: "snapshot", profile: "Profile:1" }],
    ["device:clock-offset", { kind: "device", fact: "clock-offset" }],
  ])("%s is understood", (text, address) => {
    expect(parseAddress(text)).toMatchObject(address);
  });

  it.each(["motion", "event:", "snapshot:", "device:colour", "holding:10", ""])(
    "%j is refused with a hint",
    (text) => {
      expect(parseAddress(text)).toMatch(/event:|snapshot:|device:/);
    },
  );

  it("takes the type beside the address, and no other key", () => {
    expect(addressSchema.parse({ address: "event:motion", type: "bool" }).kind).toBe("event");
    expect(() => addressSchema.parse({ address: "event:motion", unit: "m" })).toThrow("unit");
    expect(() => addressSchema.parse({ address: "event" })).toThrow("event:");
  });
});
