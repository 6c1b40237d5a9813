import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtinDrivers } from "@headgate/drivers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createGateway } from "../../create-gateway.ts";
import type { PointHistoryView } from "./history-schemas.ts";

const WAIT = { timeout: 30_000 };
const START_MS = 1_767_225_600_000;

let directory: string;
let url = "";
let end = async () => {};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "headgate-history-"));
  const gateway = await createGateway({
    config: {
      gateway: { id: "g" },
      buffer: { path: directory, capacity: "16 MiB" },
      history: { capacity: "16 MiB" },
      channels: { sim: { driver: "simulated" } },
      devices: {
        tank: {
          channel: "sim",
          scan: "50 ms",
          points: { level: { mean: 4, amplitude: 0, unit: "L" } },
        },
      },
      web: { host: "127.0.0.1", port: 0 },
    },
    drivers: builtinDrivers,
    uplinks: [],
  });
  const stopping = new AbortController();
  const running = gateway.run(stopping.signal);
  end = async () => {
    stopping.abort();
    await running;
  };
  await vi.waitFor(() => expect(gateway.status()?.webUrl).toContain("http"), WAIT);
  url = gateway.status()?.webUrl ?? "";
});
afterAll(async () => {
  await end();
  await rm(directory, { recursive: true });
});

const get = (path: string) => fetch(`${url}/api/${path}`);
const historyOf = async (query: string) =>
  (await (await get(`points/tank/level/history?${query}`)).json()) as PointHistoryView;

test("a point's history: samples that are a moment old, and the gap before them", async () => {
  await vi.waitFor(
    async () => expect((await historyOf("")).samples.length).toBeGreaterThan(5),
    WAIT,
  );
  const { samples, gaps, ...about } = await historyOf("resolution=raw&count=3");
  expect(about).toMatchObject({ point: "tank/level", unit: "L", kind: "raw", isCut: true });
  expect(samples.map(([, value, quality]) => [value, quality])).toEqual(
    new Array(3).fill([4, "good"]),
  );
  expect(gaps[0]).toMatchObject({ fromMs: about.fromMs, why: "off" });
});

test("the same in minutes, and as a table", async () => {
  const { stretches, widthMs } = await historyOf("resolution=minute");
  expect(widthMs).toBe(60_000);
  expect(stretches[0]).toMatchObject({ min: 4, max: 4, mean: 4, increase: 0, badCount: 0 });
  const table = await get("points/tank/level/history.csv");
  expect(table.headers.get("content-disposition")).toContain('filename="tank-level.csv"');
  const [head, first] = (await table.text()).split("\n");
  expect(head).toBe("time,value,quality");
  expect(first).toMatch(/^\d{4}-\d\d-\d\dT.*Z,4,good$/);
  const minutes = await (await get("points/tank/level/history.csv?resolution=minute")).text();
  expect(minutes).toMatch(
    /^time,count,bad,min,max,mean,first,last,increase\n.*Z,\d+,0,4,4,4,4,4,0\n/,
  );
});

test("a table of what a chart shows has just its numbers", async () => {
  const toMs = (await historyOf("")).toMs;
  for (const count of [1000, 2]) {
    const asked = `from=${toMs - 60_000}&to=${toMs}&count=${count}`;
    const { kind, samples, stretches } = await historyOf(asked);
    expect(kind).toBe(count === 2 ? "rolled" : "raw");
    const text = await (await get(`points/tank/level/history.csv?resolution=auto&${asked}`)).text();
    const rows = text.split("\n").slice(1, -1);
    const iso = (ms: number) => new Date(ms).toISOString();
    expect(rows).toEqual(
      kind === "raw"
        ? samples.map(([atMs, value, quality]) => `${iso(atMs)},${value},${quality}`)
        : stretches.map(({ atMs, count: of, badCount, ...numbers }) => {
            const { min, max, mean, first, last, increase } = numbers;
            return [iso(atMs), of, badCount, min, max, mean, first, last, increase].join(",");
          }),
    );
  }
});

test("what is not there is said", async () => {
  expect((await get("points/tank/none/history")).status).toBe(404);
  expect((await get("points/tank/level/history?from=yesterday")).status).toBe(400);
  const before = await historyOf(`from=${START_MS}&to=${START_MS + 60_000}`);
  expect([before.samples, before.stretches]).toEqual([[], []]);
  expect(await (await get("history")).json()).toMatchObject({
    capacityBytesMax: 16 * 2 ** 20,
    fault: "",
  });
});
