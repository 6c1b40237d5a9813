import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Driver,
  Misconfigured,
  Refused,
  silentLog,
  systemClock,
  Unreachable,
  type Value,
} from "@headgate/model";
import { holdBuffer } from "@headgate/sync/buffer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Condition, GatewayConfig, Writing } from "../config/config.ts";
import { readOnce } from "./read.ts";
import { writeOnce } from "./write.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-write-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const signal = new AbortController().signal;
const context = { clock: systemClock, log: silentLog, signal, directory: "" };
const plain: Condition = {
  scale: 1,
  offset: 0,
  min: null,
  max: null,
  deadband: null,
  heartbeatMs: 0,
};

/** A config with one point, on a device that keeps `value` and takes what `coerce` lets through. */
function world(value: Value, condition: Partial<Condition> = {}, coerce = (raw: Value) => raw) {
  const device = { value };
  const driver: Driver = {
    type: "memory",
    configSchema: { parse: (input) => input },
    addressSchema: { parse: (input) => input },
    open: async () => ({
      read: async (points) =>
        points.map(({ id }) => ({
          pointId: id,
          timestampMs: 0,
          quality: "good" as const,
          value: device.value,
        })),
      write: async (_point, raw) => {
        device.value = coerce(raw);
      },
      close: async () => {},
    }),
  };
  const point = {
    point: { id: "d/p", address: null, device: null },
    deviceId: "d",
    acquisition: { kind: "scan" as const, intervalMs: 1000, onEvent: [] },
    condition: { ...plain, ...condition },
    unit: "",
    name: "p",
    access: "readWrite" as const,
    writing: { ...FREE, min: condition.min ?? null, max: condition.max ?? null },
    stream: "main" as const,
  };
  const config = (over: object = {}, open = driver.open): GatewayConfig => ({
    gateway: { id: "g", name: "g", timezone: "UTC" },
    buffer: { ...NO_BUFFER, path: folder },
    history: { capacityBytesMax: 0 },
    channels: [
      {
        id: "c",
        driver: { ...driver, open },
        settings: null,
        devices: [{ id: "d", name: "it", profile: null, points: [{ ...point, ...over }] }],
      },
    ],
    uplinks: [],
    web: null,
  });
  const write = (text: string) => writeOnce(config(), { pointId: "d/p", text }, context);
  return { device, config, write };
}

const FREE: Writing = {
  min: null,
  max: null,
  step: null,
  intervalMs: 0,
  selectMs: null,
  verifyMs: 1,
  tolerance: null,
};

const NO_BUFFER: GatewayConfig["buffer"] = {
  path: "",
  capacityBytesMax: 0,
  eventsCapacityBytesMax: 0,
  historyCapacityBytesMax: 0,
  mediaCapacityBytesMax: 0,
  keepAckedBytesMax: 0,
  keepUnsentMsMax: 0,
  keepRawMs: 0,
  commitIntervalMs: 0,
};

describe("headgate write", () => {
  it("writes engineering units as raw ones, and verifies what is read back", async () => {
    const { device, write } = world(0, { scale: 0.1 });
    expect(await write("23.4")).toMatchObject({ wrote: 23.4, readBack: 23.4, state: "verified" });
    expect(device.value).toBe(234);
  });

  it("says mismatch if the device holds something else", async () => {
    const { write } = world(0, {}, () => 5);
    expect(await write("7")).toMatchObject({ readBack: 5, state: "mismatch", exitCode: 1 });
  });

  it("leaves it to a gateway that runs and cannot be asked", async () => {
    const { device, write } = world(0);
    const letGo = holdBuffer(folder);
    await expect(write("7")).rejects.toThrow(/a gateway runs on this config, unseen/);
    expect(device.value).toBe(0);
    letGo();
    expect(await write("7")).toMatchObject({ state: "verified" });
  });

  it("leaves a text a text where the device holds texts", async () => {
    const { device, write } = world("abc");
    await write("007");
    expect(device.value).toBe("007");
  });

  it("keeps whole numbers beyond 2^53 exact", async () => {
    const { device, write } = world(0n);
    await write("9007199254740993");
    expect(device.value).toBe(9_007_199_254_740_993n);
  });

  it("refuses what is outside the limits, and writes nothing", async () => {
    const { device, write } = world(1, { min: 0, max: 10 });
    await expect(write("11")).rejects.toBeInstanceOf(Refused);
    expect(device.value).toBe(1);
  });

  it("asks for access before it opens the line", async () => {
    const { config } = world(1);
    const open = () => Promise.reject(new Unreachable("not to be opened"));
    const write = writeOnce(
      config({ access: "read", writing: undefined }, open),
      { pointId: "d/p", text: "1" },
      context,
    );
    await expect(write).rejects.toBeInstanceOf(Misconfigured);
  });
});

describe("headgate read", () => {
  it.each([
    [new Unreachable("no answer"), 3],
    [new Misconfigured("wrong password"), 2],
  ])("ends with the code of %s", async (fault, exitCode) => {
    const { config } = world(1);
    const reading = await readOnce(
      config({}, () => Promise.reject(fault)),
      [],
      context,
    );
    expect(reading).toMatchObject({ exitCode, views: [{ quality: "bad", reason: fault.message }] });
  });

  it("does not hide a bug", async () => {
    const { config } = world(1);
    const open = () => Promise.reject(new TypeError("no such thing"));
    await expect(readOnce(config({}, open), [], context)).rejects.toBeInstanceOf(TypeError);
  });
});
