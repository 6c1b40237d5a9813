// Records minute after minute, rolls them up, and drops what has no room, until it is killed.
import { writeSync } from "node:fs";
import { createHistoryCalls, PendingRuns } from "@headgate/sync/cores";

const [directory = "", first = "0", points = "40"] = process.argv.slice(2);
const MINUTE_MS = 60_000;
const pointIds = Array.from({ length: Number(points) }, (_, at) => `device/p${at}`);
const calls = createHistoryCalls();
calls.open({ directory, capacityBytesMax: 2 ** 26, pointIds });
const pending = new PendingRuns(pointIds.length, 2 ** 24);
process.send?.("ready");
for (let minute = Number(first); ; minute++) {
  const fromMs = minute * MINUTE_MS;
  for (let second = 0; second < 60; second++) {
    for (let slot = 0; slot < pointIds.length; slot++) {
      pending.add(slot, fromMs + second * 1000, [minute + slot / 10, 0]);
    }
  }
  const recorded = { fromMs, toMs: fromMs + MINUTE_MS };
  let status = calls.store({ runs: pending.take(), recorded });
  while (!status) status = calls.storeMore(null);
  writeSync(1, `${minute}\n`);
  while (calls.tidy(fromMs + MINUTE_MS));
}
