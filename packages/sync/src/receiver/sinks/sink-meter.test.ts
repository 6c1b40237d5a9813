import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SimClock } from "@headgate/model/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CONTRACT_LIST, plainBlock } from "../../../testing/receiver-store-contract.ts";
import { openSqliteStore, type SqliteStore } from "../sqlite/sqlite-store.ts";
import { SinkMeter } from "./sink-meter.ts";

let folder = "";
let store: SqliteStore;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "headgate-sink-meter-"));
  store = openSqliteStore(join(folder, "upstream.db"));
  await store.addPointList({ gatewayId: "g", ...CONTRACT_LIST });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

test("each sink tells what waits, since when, and whether it takes anything", async () => {
  const clock = new SimClock();
  const meter = new SinkMeter();
  const linesOf = async () => (await meter.text(clock)).split("\n");
  expect(await meter.text(clock)).toBe("");
  meter.add(store.outbox);
  await store.outbox.register("hook");
  const arrivals = [1, 2, 3].map((seq) => ({ gatewayId: "g", entry: plainBlock(seq) }));
  await store.commit(arrivals, clock.nowMs());
  const [first, second] = await store.outbox.next("hook", { handoversMax: 9, samplesMax: 99 });
  await store.outbox.done("hook", [first?.position ?? 0], clock.nowMs());
  const remark = { reason: "no", nowMs: clock.nowMs() };
  await store.outbox.setAside("hook", second?.position ?? 0, remark);
  await store.outbox.noteFault("hook", remark);
  await clock.advance(90_000);
  for (const line of [
    'headgate_receiver_sink_waiting{sink="hook"} 1',
    'headgate_receiver_sink_waiting_seconds{sink="hook"} 90',
    'headgate_receiver_sink_set_aside{sink="hook"} 1',
    'headgate_receiver_sink_failing{sink="hook"} 1',
    'headgate_receiver_sink_handed_total{sink="hook"} 1',
    'headgate_receiver_sink_lost_total{sink="hook"} 0',
  ]) {
    expect(await linesOf()).toContain(line);
  }
  const [third] = await store.outbox.next("hook", { handoversMax: 9, samplesMax: 99 });
  await store.outbox.done("hook", [third?.position ?? 0], clock.nowMs());
  await clock.advance(9000);
  expect(await linesOf()).toContain('headgate_receiver_sink_waiting{sink="hook"} 1');
  await clock.advance(2000);
  expect(await linesOf()).toContain('headgate_receiver_sink_waiting{sink="hook"} 0');
  expect(await linesOf()).toContain('headgate_receiver_sink_failing{sink="hook"} 0');
  meter.forget(store.outbox);
  expect(await meter.text(clock)).toBe("");
});
