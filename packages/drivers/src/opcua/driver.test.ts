import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Sample, silentLog, systemClock } from "@headgate/model";
import { driverContract } from "@headgate/model/testing";
import { describe, expect, it, vi } from "vitest";
import { createVirtualPlc } from "../../testing/virtual-plc.ts";
import { opcuaDriver } from "./driver.ts";
import { open } from "./open.ts";
import { addressSchema, configSchema } from "./settings.ts";

const pointAt = (name: string) => ({
  id: `parlour/${name}`,
  address: addressSchema.parse({ address: `nsu=urn:dairy:parlour;s=${name}`, sampling: "50 ms" }),
  device: { history: false },
});

describe("the OPC UA driver", () => {
  driverContract(it, async () => {
    const directory = await mkdtemp(join(tmpdir(), "headgate-opcua-"));
    const plc = await createVirtualPlc({
      directory: join(directory, "plc"),
      variables: {
        Cows: { type: "UInt64", get: () => 12_345_678_901_234_567n },
        Yield: { type: "Double", get: (nowMs) => nowMs / 1000 },
        Milking: { type: "Boolean", get: () => true },
      },
    });
    return {
      driver: opcuaDriver,
      context: {
        clock: systemClock,
        log: silentLog,
        signal: new AbortController().signal,
        directory: join(directory, "gateway"),
      },
      config: configSchema.parse({ endpoint: plc.endpoint, timeout: "2 s" }),
      points: ["Cows", "Yield", "Milking"].map(pointAt),
      pointRefusedByDevice: pointAt("NoSuchNode"),
      cutLine: plc.stop,
      tearDown: async () => {
        await plc.stop();
        await rm(directory, { recursive: true });
      },
    };
  });

  it("watches a node from when the server knows it", async () => {
    const directory = await mkdtemp(join(tmpdir(), "headgate-opcua-"));
    const plc = await createVirtualPlc({ directory: join(directory, "plc"), variables: {} });
    const pause = (ms: number) => (ms === 30_000 ? 100 : ms);
    const clock = {
      ...systemClock,
      sleep: (ms: number, signal: AbortSignal) => systemClock.sleep(pause(ms), signal),
    };
    const ending = new AbortController();
    const connection = await open(
      configSchema.parse({ endpoint: plc.endpoint, publishingInterval: "100 ms" }),
      { clock, log: silentLog, signal: ending.signal, directory: join(directory, "gateway") },
    );
    const seen: unknown[] = [];
    const collect = (samples: Sample[]) =>
      seen.push(...samples.map((sample) => ("reason" in sample ? sample.reason : sample.value)));
    const watching = connection.subscribe?.([pointAt("Late")], collect, ending.signal);
    await vi.waitFor(() => expect(seen).toEqual(["BadNodeIdUnknown"]), 10_000);
    plc.add({ Late: { type: "Int32", get: () => 7 } });
    await vi.waitFor(() => expect(seen).toEqual(["BadNodeIdUnknown", 7]), 10_000);
    ending.abort();
    await watching;
    await connection.close();
    await plc.stop();
    await rm(directory, { recursive: true });
  });

  it("loads nothing of its library before it is opened", async () => {
    const loaded = `
      import { registerHooks } from "node:module";
      const seen = [];
      const load = (url, context, next) => (seen.push(url), next(url, context));
      registerHooks({ load });
      await import(${JSON.stringify(new URL("./driver.ts", import.meta.url).href)});
      console.log(JSON.stringify(seen));`;
    const args = ["--conditions=headgate-source", "--input-type=module", "--eval", loaded];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const urls = JSON.parse(stdout) as string[];
    expect(urls.some((url) => url.includes("/opcua/settings.ts"))).toBe(true);
    expect(urls.filter((url) => url.includes("node-opcua"))).toEqual([]);
  });
});
