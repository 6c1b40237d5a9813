import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "./open-store.ts";
import type { Commit } from "./store-messages.ts";

const NO_COMMIT: Commit = {
  epochs: [],
  pointLists: [],
  blocks: [],
  gaps: [],
  replacements: [],
  cursors: [],
  trims: [],
  settledGaps: [],
  emptyEpochs: [],
};

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "headgate-store-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const open = (folder: string) =>
  openStore({
    directory: folder,
    capacityBytesMax: 2 ** 20,
    mediaCapacityBytesMax: 2 ** 20,
    machineId: "m",
    nowMs: 0,
    isFirst: true,
  });

test("a copy that crashes before its new epoch is stored is still known for a copy", () => {
  const original = open(directory);
  original.store.commit({ ...NO_COMMIT, epochs: [{ stream: "main", epoch: "e1" }] });
  original.close();
  const copy = join(directory, "copy");
  mkdirSync(copy);
  cpSync(join(directory, "buffer.db"), join(copy, "buffer.db"));
  const first = open(copy);
  expect(first.opened.suspicion).toMatch(/restored or cloned/);
  first.close();
  const second = open(copy);
  expect(second.opened.epochs.map(({ epoch, isCurrent }) => [epoch, isCurrent])).toEqual([
    ["e1", false],
  ]);
  second.close();
});
