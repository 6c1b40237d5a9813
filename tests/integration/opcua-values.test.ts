import { Refused, type Sample } from "@headgate/model";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { contents, OpcuaRig, pointAt } from "./peers/opcua-rig.ts";

const odd = {
  Counter: 18_446_744_073_709_551_614n,
  Deficit: -9_007_199_254_740_993n,
  Voltage: 230.1,
  Product: "纯牛奶",
  Started: "2026-01-02T03:04:05.678Z",
  Broken: "BadSensorFailure",
  Stale: 1,
  Missing: "not available (NaN)",
  Empty: "no value",
  Curve: "unsupported type array of Float",
  Bytes: "unsupported type ByteString",
  NoSuchNode: "BadNodeIdUnknown",
  "nsu=urn:other;s=Speed": "unknown namespace urn:other",
  "i=2256": "unsupported type ExtensionObject",
};

describe("values of an OPC UA server", () => {
  let rig: OpcuaRig;
  beforeAll(async () => {
    // Fewer nodes a request than are asked for, so that every answer crosses chunks.
    rig = await OpcuaRig.start({ operationMax: 3 });
  });
  afterEach(() => rig.closeAll());
  afterAll(() => rig.end());

  it("are read exactly, each bad one with its reason and no other spoiled", async () => {
    const connection = await rig.open();
    const samples = [
      ...(await connection.read(
        Object.keys(odd).map((name) => pointAt(name)),
        rig.signal,
      )),
    ];
    expect(contents(samples)).toEqual(odd);
    const stale = samples.find((sample) => sample.pointId === "plc/Stale");
    expect(stale?.quality).toBe("uncertain");
    for (const sample of samples) {
      expect(Math.abs(sample.timestampMs - Date.now())).toBeLessThan(10_000);
    }
  });

  it("are pushed the same, and what cannot be watched is one bad sample", async () => {
    const connection = await rig.open({ publishingInterval: "100 ms" });
    const samples: Sample[] = [];
    const ending = new AbortController();
    const points = Object.keys(odd).map((name) => pointAt(name));
    const pushing = connection.subscribe?.(points, (some) => samples.push(...some), ending.signal);
    await vi.waitFor(() => expect(contents(samples)).toEqual(odd), 60_000);
    ending.abort();
    await pushing;
    const bad = samples.filter(({ pointId }) => pointId === "plc/NoSuchNode");
    expect(bad).toHaveLength(1);
  });

  it("reach us with every change within a publishing interval", async () => {
    const connection = await rig.open({ publishingInterval: "1 s" });
    const setpoint = pointAt("Setpoint");
    const values: unknown[] = [];
    const ending = new AbortController();
    const collect = (samples: Sample[]) => values.push(...samples.map(({ value }) => value));
    const watching = connection.subscribe?.([setpoint], collect, ending.signal);
    await vi.waitFor(() => expect(values).toHaveLength(1), 60_000);
    const written = Array.from({ length: 12 }, (_, n) => 100 + n);
    for (const value of written) {
      await connection.write?.(setpoint, value, rig.signal);
      await pause(200);
    }
    await vi.waitFor(() => expect(values.slice(1)).toEqual(written), 60_000);
    ending.abort();
    await watching;
  });

  it("may be watched at several intervals over one session", async () => {
    const connection = await rig.open({ publishingInterval: "100 ms" });
    const [fast, slow]: [Sample[], Sample[]] = [[], []];
    const ending = new AbortController();
    const watching = Promise.all([
      connection.subscribe?.([pointAt("Clock", "100 ms")], (s) => fast.push(...s), ending.signal),
      connection.subscribe?.([pointAt("Clock", "1 s")], (s) => slow.push(...s), ending.signal),
    ]);
    await expect.poll(() => [fast.length > 10, slow.length > 1]).toEqual([true, true]);
    ending.abort();
    await watching;
    expect(slow.length).toBeLessThan(fast.length / 2);
  });

  it("are written in the node's own type and read back exactly", async () => {
    const connection = await rig.open();
    const values = {
      Setpoint: 2.5,
      Total: 9_007_199_254_740_993n,
      Recipe: "巴氏",
      Valve: true,
    };
    for (const [name, value] of Object.entries(values)) {
      await connection.write?.(pointAt(name), value, rig.signal);
    }
    const names = Object.keys(values).map((name) => pointAt(name));
    expect(contents([...(await connection.read(names, rig.signal))])).toEqual(values);
  });

  it.each([
    ["Counter", 1n, "BadNotWritable"],
    ["NoSuchNode", 1, "BadNodeIdUnknown"],
    ["Setpoint", "fast", "Double"],
    ["Total", -1, "UInt64"],
    ["Curve", 1, "Bad"],
    ["nsu=urn:other;s=Speed", 1, "unknown namespace"],
  ])("are refused when %s is written %s, and the session lives on", async (name, value, why) => {
    const connection = await rig.open();
    const writing = connection.write?.(pointAt(name), value, rig.signal);
    await expect(writing).rejects.toThrow(Refused);
    await expect(writing).rejects.toThrow(why);
    const [voltage] = await connection.read([pointAt("Voltage")], rig.signal);
    expect(voltage?.quality).toBe("good");
  });
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
