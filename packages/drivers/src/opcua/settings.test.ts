import { describe, expect, it } from "vitest";
import { addressSchema, configSchema } from "./settings.ts";

const endpoint = "opc.tcp://192.168.1.20:4840";

describe("a channel's settings", () => {
  it("are few: an endpoint is enough", () => {
    expect(configSchema.parse({ endpoint })).toEqual({
      endpoint,
      alternatives: [],
      securityPolicy: "None",
      requestedSessionTimeout: 60_000,
      publishingInterval: 500,
      timeout: 5_000,
      readChunk: 500,
      itemChunk: 500,
    });
  });

  it("take durations with units or in milliseconds", () => {
    const config = configSchema.parse({
      endpoint,
      timeout: "1.5 s",
      publishingInterval: 250,
      requestedSessionTimeout: "2 min",
    });
    expect(config).toMatchObject({
      timeout: 1_500,
      publishingInterval: 250,
      requestedSessionTimeout: 120_000,
    });
  });

  it.each([
    [{ endpoint: "192.168.1.20:4840" }, /opc\.tcp:\/\/host/],
    [{ securityPolicy: "Basic512" }, /Basic256Sha256/],
    [{ securityPolicy: "Basic256Sha256", securityMode: "None" }, /does not go with/],
    [{ securityMode: "Sign" }, /does not go with/],
    [{ username: "viewer" }, /password is missing/],
    [{ password: "x" }, /username is missing/],
    [{ timeout: "5 seconds" }, /write a duration/],
    [{ timeout: 0 }, /write a duration/],
    [{ readChunk: 0 }, /readChunk/],
    [{ endpiont: endpoint }, /endpiont/],
  ])("refuse %j", (wrong, text) => {
    expect(() => configSchema.parse({ endpoint, ...wrong })).toThrow(text);
  });
});

describe("a point's address", () => {
  it.each([
    ["i=2258", 0, "i=2258"],
    ["ns=2;s=Filler.Speed", 2, "s=Filler.Speed"],
    ["ns=3;s=a;b=c ns=7;i=1", 3, "s=a;b=c ns=7;i=1"],
    ["nsu=urn:dairy:filler;s=Filler.Speed", "urn:dairy:filler", "s=Filler.Speed"],
    ["nsu=urn:a%3Bb%25;i=7", "urn:a;b%", "i=7"],
    ["ns=1;g=72962B91-FA75-4AE6-8D28-B404DC7DAF63", 1, "g=72962B91-FA75-4AE6-8D28-B404DC7DAF63"],
    ["ns=1;b=AQIDBA==", 1, "b=AQIDBA=="],
  ])("reads %s", (text, namespace, identifier) => {
    const { address } = addressSchema.parse({ address: text });
    expect(address).toEqual({ namespace, identifier });
  });

  it.each([
    "",
    "Filler.Speed",
    "ns=2",
    "ns=2;s=",
    "ns=x;i=1",
    "ns=65536;i=1",
    "ns=2;i=4294967296",
    "ns=2;i=-1",
    "ns=2;i=7x",
    "ns=2;g=72962B91",
    "ns=2;b=%%",
    "ns=2;x=7",
    "nsu=;i=1",
  ])("refuses %j", (text) => {
    expect(() => addressSchema.parse({ address: text })).toThrow(/node id/);
  });

  it("samples every 500 ms unless told otherwise", () => {
    expect(addressSchema.parse({ address: "i=1" }).sampling).toBe(500);
    expect(addressSchema.parse({ address: "i=1", sampling: 250 }).sampling).toBe(250);
  });
});
