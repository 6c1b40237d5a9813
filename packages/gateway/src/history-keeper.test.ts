import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Sample, silentLog, systemClock, Unreachable } from "@headgate/model";
import { ReadyMadeBuffer } from "@headgate/model/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { PointConfig } from "./config/config.ts";
import { openBackfill } from "./history-keeper.ts";
import { createPipeline } from "./pipeline.ts";

const config: PointConfig = {
  point: { id: "d/a", address: null, device: null },
  deviceId: "d",
  acquisition: { kind: "subscribe", intervalMs: 100 },
  condition: { scale: 1, offset: 0, min: null, max: null, deadband: null, heartbeatMs: 60_000 },
  unit: "",
  name: "a",
  access: "read",
  stream: "main",
  hasHistory: true,
};
const heard: Sample = {
  ...{ pointId: "d/a", timestampMs: 900, quality: "good", value: 1 },
  isDeviceTime: true,
};
let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "headgate-history-"));
  const known = { v: 1, at: {}, points: { "d/a": [1000, 0] } };
  await writeFile(join(directory, "history.json"), JSON.stringify(known));
});
afterEach(async () => await rm(directory, { recursive: true, force: true }));

function bufferWithABlock(): ReadyMadeBuffer {
  const buffer = new ReadyMadeBuffer();
  const schemaHash = "0123456789abcdef";
  buffer.lists.set(schemaHash, { hash: schemaHash, pointIds: ["d/a"] });
  const content = { kind: "data", sampleCount: 1, fromMs: 1, toMs: 1, hash: "" } as const;
  buffer.keep("main", { ...content, schemaHash, body: Buffer.from("a newer version's") });
  return buffer;
}

test.each([
  ["that nobody here can decode", bufferWithABlock()],
  [
    "on a disk that does not answer",
    Object.assign(bufferWithABlock(), {
      read: () => Promise.reject(new Unreachable("read: EIO")),
    }),
  ],
])("a block %s does not keep a channel from its line", async (_what, buffer) => {
  const { signal } = new AbortController();
  const context = { clock: systemClock, log: silentLog, signal, directory };
  const pipeline = createPipeline(buffer, context);
  const backfill = await openBackfill([config], { buffer, pipeline }, context);
  // What was known before is known still.
  expect(backfill?.heard([heard], 77)).toEqual([
    { ...heard, timestampMs: 77, isDeviceTime: false },
  ]);
});
