import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkBuffer } from "./check-buffer.ts";
import { openStore } from "./open-store.ts";
import { NO_QUOTAS } from "./options.ts";
import type { BlockToStore, Commit } from "./store-messages.ts";

const NOTHING: Commit = {
  epochs: [],
  pointLists: [],
  blocks: [],
  gaps: [],
  replacements: [],
  cursors: [],
  trims: [],
  settledGaps: [],
  emptyEpochs: [],
  elapsedMs: 0,
};

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "headgate-check-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("what is sent or dropped while a check runs is not missing", () => {
  const quotas = { ...NO_QUOTAS, keepAckedBytesMax: 0 };
  const { store, close } = openStore({
    directory,
    ...quotas,
    machineId: "",
    nowMs: 0,
    isFirst: true,
  });
  const log = { stream: "main", epoch: "e" } as const;
  const about = { kind: "epoch", sampleCount: 0, fromMs: 0, toMs: 0, schemaHash: "" } as const;
  const blocks = Array.from({ length: 10_300 }, (_, index): BlockToStore => {
    return { ...about, ...log, seq: index + 1, bytes: new Uint8Array(1), media: null };
  });
  store.commit({ ...NOTHING, epochs: [log], blocks });
  const sent = { ...log, first: 1, last: 10_200 };
  const cursors = [{ uplinkId: "cloud", ...log, spans: [sent] }];
  const bad = { range: { ...log, first: 10_250, last: 10_250 }, note: "" };
  const check = checkBuffer(join(directory, "buffer.db"), (text) => {
    if (!text.includes("blocks read")) return;
    store.commit({
      ...NOTHING,
      cursors,
      trims: [sent],
      replacements: [{ ...bad, reason: "damaged" }],
    });
  });
  expect(check.epochs).toMatchObject([{ blocks: 10_099, missingCount: 0, gaps: 1 }]);
  expect(check.isSound).toBe(true);
  close();
});
