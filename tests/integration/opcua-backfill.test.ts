import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BufferedSample, exportBuffer } from "@headgate/sync/buffer";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CutLine } from "./peers/cut-line.ts";
import { freePort } from "./peers/free-port.ts";
import { type OpcuaPeer, startOpcuaPlant } from "./peers/opcua-peer.ts";
import { RunningGateway } from "./peers/running-gateway.ts";

const PERIOD_MS = 250;
const COUNTERS = 20;
const CUT_MS = 2_000;
const LOGINS = { nobody: {}, viewer: { username: "viewer", password: "milk" } };

let directory: string;
let plant: OpcuaPeer;
let line: CutLine;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "headgate-opcua-plant-"));
  const port = await freePort();
  const settings = { periodMs: PERIOD_MS, counters: COUNTERS, machines: 0, itemsMax: 1000 };
  plant = await startOpcuaPlant({ directory, port, ...settings });
  line = await CutLine.to(plant.port);
});
afterAll(async () => {
  await line.close();
  await plant.kill();
  await rm(directory, { recursive: true });
});

it("a cut is filled: from the subscription, or else from the server's history", async () => {
  const gateway = await RunningGateway.prepare(configOf(line.port));
  try {
    gateway.start();
    const stored = (device: string) => storedIn(join(gateway.folder, "data"), device);
    const enough = { timeout: 60_000, interval: 200 };
    const counts = () => Object.keys(LOGINS).map((device) => stored(device).length);
    await expect.poll(() => Math.min(...counts()), enough).toBeGreaterThan(5 * COUNTERS);
    line.cut();
    await new Promise((resolve) => setTimeout(resolve, CUT_MS));
    line.mend();
    const before = counts();
    const isLonger = (index: number) =>
      (counts()[index] ?? 0) > (before[index] ?? 0) + 10 * COUNTERS;
    await expect.poll(() => isLonger(0) && isLonger(1), enough).toBe(true);
    // A backfill waits for two seconds, then rests for as long as the server took.
    await expect.poll(() => unfilledIn(stored("nobody")), enough).toEqual([]);
    expect(await gateway.stop()).toBe(0);
    for (const device of Object.keys(LOGINS)) expect(twiceIn(stored(device))).toEqual([]);
    const lines = (await gateway.log()).map(({ msg }) => msg);
    expect(lines).toContain("subscription taken over from the lost line");
  } finally {
    await gateway.end();
  }
});

function configOf(port: number): object {
  const endpoint = `opc.tcp://127.0.0.1:${port}`;
  const points = Array.from({ length: COUNTERS }, (_, n) => {
    return [`c${n}`, { address: `nsu=urn:dairy:plant;s=C${n}`, subscribe: "50 ms" }];
  });
  const named = <T>(make: (id: string, login: object) => T) =>
    Object.fromEntries(Object.entries(LOGINS).map(([id, login]) => [id, make(id, login)]));
  return {
    channels: named((_id, login) => ({ driver: "opcua", endpoint, ...login })),
    devices: named((channel) => ({ channel, history: true, points: Object.fromEntries(points) })),
  };
}

function storedIn(folder: string, device: string): BufferedSample[] {
  try {
    return [...exportBuffer(folder)].filter(
      ({ sample }) => sample.quality === "good" && sample.pointId.startsWith(`${device}/`),
    );
  } catch {
    // Not there yet.
    return [];
  }
}

/** Counters whose history does not reach from the last number before the cut to the next one. */
function unfilledIn(samples: readonly BufferedSample[]): string[] {
  const byPoint = Map.groupBy(samples, ({ sample }) => sample.pointId);
  const isFilled = (list: readonly BufferedSample[]) => {
    const numbers = (isBackfilled: boolean) =>
      list
        .filter((one) => one.isBackfilled === isBackfilled)
        .map(({ sample }) => +`${sample.value}`);
    const [filled, live] = [numbers(true), new Set(numbers(false))];
    const [first = 0, last = 0] = [filled[0], filled.at(-1)];
    const isWhole = filled.every((number, index) => number === first + index);
    return filled.length > 0 && isWhole && live.has(first - 1) && live.has(last + 1);
  };
  return [...byPoint].filter(([, list]) => !isFilled(list)).map(([id]) => id);
}

/** Numbers of a counter that are there more than once. */
function twiceIn(samples: readonly BufferedSample[]): string[] {
  const seen = new Set<string>();
  return samples.flatMap(({ sample: { pointId, value } }) => {
    const one = `${pointId} ${value}`;
    if (seen.has(one)) return [one];
    seen.add(one);
    return [];
  });
}
