import { afterEach, expect, test, vi } from "vitest";
import { RunningGateway } from "./peers/running-gateway.ts";

const WAIT = { timeout: 60_000, interval: 100 };
const DEVICES = 40;
const POINTS = 100;

const ended: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

function largeConfig() {
  const names = Array.from({ length: POINTS }, (_, index) => `p${index}`);
  const device = (index: number) => ({
    ...{ channel: `line-${index % 4}`, scan: "60 s" },
    points: Object.fromEntries(names.map((name) => [name, { mean: index, name: `${name} 号` }])),
  });
  const line = { driver: "simulated" };
  return {
    channels: { "line-0": line, "line-1": line, "line-2": line, "line-3": line, other: line },
    devices: {
      ...Object.fromEntries(
        Array.from({ length: DEVICES }, (_, index) => [`d${index}`, device(index)]),
      ),
      other: { channel: "other", scan: "50 ms", points: { p: { mean: 4 } } },
    },
    uplinks: {},
  };
}

interface Counters {
  readonly scanCount: number;
  readonly missedScanCount: number;
}

async function countersOf(gateway: RunningGateway, id: string): Promise<Counters> {
  const { body } = await gateway.ask("GET", "/api/channels");
  const found = (body as { id: string; counters: Counters }[]).find((one) => one.id === id);
  if (!found) throw new Error(`no channel ${id}`);
  return found.counters;
}

async function ask<T>(gateway: RunningGateway, ...asked: Parameters<RunningGateway["ask"]>) {
  const answer = await gateway.ask(...asked);
  expect(answer).toMatchObject({ ok: true });
  return answer.body as T;
}

test("a large draft is checked and applied while another device is scanned as ever", async () => {
  const gateway = await RunningGateway.prepare(largeConfig());
  ended.push(() => gateway.end());
  gateway.start();
  const total = DEVICES * POINTS + 1;
  await vi.waitFor(async () => expect((await gateway.status()).points.good).toBe(total), WAIT);
  const before = await countersOf(gateway, "other");
  const untouched = await countersOf(gateway, "line-1");

  const added = { path: ["devices", "d0", "points", "added"], value: { mean: 7 } };
  const { text, version } = await ask<{ text: string; version: number }>(
    ...([gateway, "POST", "/api/config/draft"] as const),
    { body: { edits: [added] } },
  );
  const check = await ask<object>(gateway, "POST", "/api/config/check", { body: { text } });
  expect(check).toMatchObject({
    isGood: true,
    changes: [{ path: "devices.d0.points.added.mean", old: null, new: "7" }],
    stops: { whole: [], channels: [{ id: "line-0", change: "replanned" }], uplinks: [] },
  });
  await ask(gateway, "PUT", "/api/config", { body: { text, why: "one more" }, version });
  await vi.waitFor(async () => {
    expect((await gateway.status()).points.good).toBe(total + 1);
  }, WAIT);

  const after = await countersOf(gateway, "other");
  const scanned = after.scanCount - before.scanCount;
  const missed = after.missedScanCount - before.missedScanCount;
  // A busy machine leaves out some. Where it is read between the scans, nearly all are.
  expect(scanned).toBeGreaterThan(10);
  expect(scanned).toBeGreaterThan(3 * missed);
  expect(await countersOf(gateway, "line-1")).toMatchObject({
    missedScanCount: untouched.missedScanCount,
  });
}, 120_000);
