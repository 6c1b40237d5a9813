import { type Batch, type Context, extentOf, silentLog } from "@headgate/model";
import { ReadyMadeBuffer, SimClock } from "@headgate/model/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FakeSession } from "../../testing/fake-session.ts";
import type { AskedLimits } from "../uplink/ack-book.ts";
import { Budget } from "../uplink/budget.ts";
import { budgetSchema } from "../uplink/budget-config.ts";
import { drain } from "./drain.ts";

const BLOCK_BYTES = 500;
let clock: SimClock;
let buffer: ReadyMadeBuffer;
let session: FakeSession;
let stopping: AbortController;
let running: Promise<void>;
let sentAtMs: Map<number, number>;
let bytesOf: Record<string, number>;

beforeEach(() => {
  clock = new SimClock();
  buffer = new ReadyMadeBuffer();
  session = new FakeSession();
  session.limits = { batchesMax: 20, batchBytesMax: 96 * 1024 };
  stopping = new AbortController();
  sentAtMs = new Map();
  bytesOf = { l: 0, r: 0, b: 0 };
});
afterEach(async () => {
  stopping.abort();
  await running;
});

function keep(count: number): number {
  const times = { fromMs: 0, toMs: 0, schemaHash: "", hash: "0".repeat(16) };
  let last = 0;
  for (let i = 0; i < count; i++) {
    const body = new Uint8Array(BLOCK_BYTES);
    last = buffer.keep("main", { kind: "data", sampleCount: 1, ...times, body }).seq;
  }
  return last;
}

/** Drains over a line that is charged as the real one, and takes a moment for each batch. */
function start(written: object, limits?: AskedLimits): void {
  const config = budgetSchema.parse(written);
  const about = { config, timezone: "UTC", clock, month: null, onCounted: () => {} };
  const budget = new Budget(about);
  if (limits) budget.limit(limits);
  session.pace = budget;
  session.answer = async ({ lane, entries }: Batch) => {
    const bytes = 100 + entries.length * BLOCK_BYTES;
    budget.charge(lane, bytes);
    bytesOf[lane] = (bytesOf[lane] ?? 0) + bytes;
    await clock.sleep(50, stopping.signal);
    for (const entry of entries) sentAtMs.set(extentOf(entry).last, clock.monotonicMs());
  };
  const context: Context = { clock, log: silentLog, signal: stopping.signal, directory: "" };
  running = drain({ uplinkId: "cloud", buffer, session }, context, () => {});
}

it("keeps to its rate, and live is not late while a backlog uses up what is left", async () => {
  keep(2000);
  start({ rate: "80 kbit/s" });
  await clock.advance(0);
  const lateness: number[] = [];
  for (let second = 0; second < 60; second++) {
    const seq = keep(1);
    const keptAtMs = clock.monotonicMs();
    await clock.advance(1000);
    lateness.push((sentAtMs.get(seq) ?? Number.POSITIVE_INFINITY) - keptAtMs);
  }
  expect(Math.max(...lateness)).toBeLessThan(500);
  const total = Object.values(bytesOf).reduce((sum, bytes) => sum + bytes, 0);
  expect(total).toBeGreaterThan(60 * 9000);
  expect(total).toBeLessThan(63 * 10_000 + 10_000);
});

it("leaves the backlog its share though live alone would fill the line", async () => {
  keep(2000);
  start({ rate: "40 kbit/s" });
  for (let second = 0; second < 120; second++) {
    keep(10);
    await clock.advance(1000);
  }
  expect(bytesOf.b).toBeGreaterThan(120 * 5000 * 0.13);
  expect(bytesOf.l).toBeGreaterThan(120 * 5000 * 0.8);
});

it("stops its backlog where the receivers' limit of unacknowledged bytes is reached", async () => {
  session.confirmation = "sent";
  keep(2000);
  start({}, { bytesPerSecondMax: Number.POSITIVE_INFINITY, unconfirmedBytesMax: 20_000 });
  await clock.advance(5000);
  expect(bytesOf.b).toBeGreaterThan(19_000);
  expect(bytesOf.b).toBeLessThan(28_000);
  keep(1);
  await clock.advance(5000);
  expect(sentAtMs.has(2001)).toBe(true);
});
