import { setTimeout as sleep } from "node:timers/promises";
import { exportBuffer } from "@headgate/sync/buffer";
import { afterEach, expect, test, vi } from "vitest";
import { type Meters, startMeters } from "./peers/meters.ts";
import { Mosquitto } from "./peers/mosquitto.ts";
import { type GatewayStatus, RunningGateway } from "./peers/running-gateway.ts";

const WAIT = { timeout: 60_000, interval: 50 };
const SCAN_MS = 100;
/** Between two edits: at no matter what moment of a scan. */
const PAUSE_MS = 130;

const ended: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

interface Settings {
  readonly label?: string;
  /** Points of the device that shares its line with the one that is watched. */
  readonly neighbours?: readonly number[];
  readonly hasGuest?: boolean;
  readonly keepalive?: string;
}

/** Two meters on one line, one on another, two uplinks. */
function configOf(settings: Settings, { ports }: Meters, broker: string) {
  const { label = "", neighbours = [4], hasGuest = false, keepalive = "30 s" } = settings;
  const point = (at: number) => ({ address: `holding:${2 * at}`, type: "uint32" });
  // A meter that gets no turn on a busy machine is not an absent one.
  const tcp = { driver: "modbus-tcp", host: "127.0.0.1", timeout: "30 s" };
  const line = (port: number | undefined) => ({ ...tcp, port });
  const device = (channel: string, unitId: number, at: readonly number[]) => ({
    ...{ channel, unitId, scan: `${SCAN_MS} ms`, name: `${channel} ${label}` },
    points: Object.fromEntries(at.map((index) => [`p${index}`, point(index)])),
  });
  const uplink = { type: "mqtt", url: broker, format: "json" };
  return {
    channels: {
      shared: line(ports[0]),
      apart: line(ports[1]),
      ...(hasGuest && { guest: line(ports[2]) }),
    },
    devices: {
      watched: device("shared", 1, [0, 1]),
      neighbour: device("shared", 2, neighbours),
      apart: device("apart", 1, [0]),
      ...(hasGuest && { guest: device("guest", 1, [0]) }),
    },
    uplinks: {
      cloud: uplink,
      erp: { ...uplink, root: "erp", keepalive },
    },
  };
}

const EDITS: readonly Settings[] = [
  { label: "renamed" },
  { neighbours: [4, 5] },
  { neighbours: [4, 5, 7] },
  { keepalive: "40 s" },
  { hasGuest: true },
  { neighbours: [5] },
  { label: "once more" },
  { keepalive: "20 s", neighbours: [4] },
  { hasGuest: true, neighbours: [4, 6, 8] },
  {},
];

interface Counted {
  readonly id: string;
  readonly counters: { readonly missedScanCount: number };
}

/** Of all that no edit touched: since when it is up, and in which epoch it keeps. */
function standing({ channels, uplinks, buffer }: GatewayStatus) {
  const since = (parts: readonly { id: string; state: object }[], ...ids: string[]) =>
    parts.filter(({ id }) => ids.includes(id)).map(({ state }) => state);
  const epochs = buffer.streams.filter(({ stream }) => stream === "main").map((s) => s.epoch);
  return { lines: since(channels, "shared", "apart"), uplinks: since(uplinks, "cloud"), epochs };
}

async function apply(gateway: RunningGateway, config: object): Promise<void> {
  const { body } = await gateway.ask("GET", "/api/config");
  const { version, text } = body as { version: number; text: string };
  const next = { ...(JSON.parse(text) as object), ...config };
  const put = { text: JSON.stringify(next), why: "an edit" };
  const answer = await gateway.ask("PUT", "/api/config", { body: put, version });
  expect(answer).toMatchObject({ ok: true });
  const applied = answer.body as { version: number; confirmWithinMs: number | null };
  if (applied.confirmWithinMs === null) return;
  // Uplinks prove themselves: with the first acknowledgement it stays.
  await vi.waitFor(async () => {
    const { body } = await gateway.ask("GET", "/api/config");
    expect(body).toMatchObject({ version: applied.version, probation: null });
  }, WAIT);
}

async function timesOf(gateway: RunningGateway, pointId: string): Promise<number[]> {
  const times: number[] = [];
  for await (const { sample } of exportBuffer(`${gateway.folder}/data`)) {
    if (sample.pointId !== pointId) continue;
    expect(sample.quality).toBe("good");
    times.push(sample.timestampMs);
  }
  return times;
}

test("an edit interrupts nothing that it does not change: no scan is missed there", async () => {
  const meters = await startMeters({ devices: 3, points: 10, mode: "identify", tickMs: 10 });
  ended.push(() => meters.stop());
  const broker = await Mosquitto.start();
  ended.push(() => broker.stop());
  const gateway = await RunningGateway.prepare(configOf({}, meters, broker.url));
  ended.push(() => gateway.end());
  gateway.start();
  const statusOf = () => gateway.status();
  const isUp = ({ state }: { state: { kind: string } }) => state.kind === "up";
  await vi.waitFor(async () => {
    const { channels, uplinks, points } = await statusOf();
    expect([channels.every(isUp), uplinks.every(isUp), points.good]).toEqual([true, true, 4]);
  }, WAIT);
  const before = standing(await statusOf());

  for (const settings of EDITS) {
    const edit = configOf(settings, meters, broker.url);
    await apply(gateway, edit);
    const pointIds = Object.entries(edit.devices).flatMap(([device, { points }]) =>
      Object.keys(points).map((name) => `${device}/${name}`),
    );
    await vi.waitFor(async () => {
      const points = (await gateway.ask("GET", "/api/points")).body as { id: string }[];
      expect(points.map(({ id }) => id)).toEqual(pointIds);
      const { channels, uplinks, points: counts } = await statusOf();
      expect([...channels, ...uplinks].every(isUp)).toBe(true);
      expect(counts.good).toBe(pointIds.length);
    }, WAIT);
    await sleep(PAUSE_MS);
  }

  expect(standing(await statusOf())).toEqual(before);
  const lines = (await gateway.ask("GET", "/api/channels")).body as Counted[];
  await gateway.stop();
  for (const [id, channel] of [
    ["watched/p0", "shared"],
    ["watched/p1", "shared"],
    ["apart/p0", "apart"],
  ] as const) {
    const times = await timesOf(gateway, id);
    const missed = lines.find((one) => one.id === channel)?.counters.missedScanCount ?? 0;
    // A machine that is busy leaves scans out, and counts them.
    const due = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / SCAN_MS;
    expect(times.length - 1 + missed).toBeGreaterThanOrEqual(Math.floor(due) - 1);
    expect(times.length).toBeGreaterThan(EDITS.length);
  }
}, 300_000);
