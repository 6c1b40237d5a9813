import { describe, expect, it } from "vitest";
import { configSchema } from "./config.ts";

describe("the settings of a camera", () => {
  it("needs a host alone", () => {
    expect(configSchema.parse({ host: "192.0.2.30" })).toMatchObject({
      port: 80,
      path: "/onvif/device_service",
      auth: "auto",
      timeout: 10_000,
      snapshotBytesMax: 5 * 1024 ** 2,
      eventDeadman: 60_000,
    });
  });

  it("takes durations and sizes as text and as numbers", () => {
    const written = { host: "c", timeout: "1.5 s", pullTimeout: 20_000, eventDeadman: "2 min" };
    expect(configSchema.parse({ ...written, snapshotBytesMax: "500 kB" })).toMatchObject({
      timeout: 1500,
      pullTimeout: 20_000,
      eventDeadman: 120_000,
      snapshotBytesMax: 500_000,
    });
  });

  it.each([
    [{ timeout: "10" }, "write a duration"],
    [{ timeout: "0 s" }, "write a duration"],
    [{ timeout: "1 week" }, "write a duration"],
    [{ snapshotBytesMax: "5 stone" }, "write a size"],
    [{ snapshotBytesMax: 0 }, "write a size"],
    [{ username: "viewer" }, "go together"],
    [{ port: 70_000 }, "65535"],
    [{ snapshotUri: { main: "ftp://x" } }, "snapshotUri"],
  ])("refuses %j", (wrong, why) => {
    expect(() => configSchema.parse({ host: "c", ...wrong })).toThrow(why);
  });
});
