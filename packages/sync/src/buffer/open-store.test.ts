import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LifeMark } from "./life-mark.ts";
import { openStore } from "./open-store.ts";
import { openSqlite } from "./sqlite.ts";
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
  elapsedMs: 0,
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
    eventsCapacityBytesMax: 2 ** 20,
    historyCapacityBytesMax: 2 ** 20,
    mediaCapacityBytesMax: 2 ** 20,
    keepAckedBytesMax: 0,
    keepUnsentMsMax: Number.POSITIVE_INFINITY,
    keepRawMs: Number.POSITIVE_INFINITY,
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

test("a row whose number, list or count changed on the disk is known for it", () => {
  const opened = open(directory);
  const head = { kind: "data", stream: "main", epoch: "e1", seq: 1, sampleCount: 2 } as const;
  const rest = { fromMs: 1, toMs: 2, schemaHash: "", bytes: Uint8Array.of(1, 2, 3), media: null };
  const block = { ...head, ...rest };
  const epochs = [{ stream: "main", epoch: "e1" }] as const;
  opened.store.commit({ ...NO_COMMIT, epochs, blocks: [block, { ...block, seq: 2 }] });
  opened.close();
  const db = openSqlite(join(directory, "buffer.db"), 0);
  db.exec("update main_block set samples = 3 where id % 8 = 1; update main_block set id = id + 2");
  db.close();
  const again = open(directory);
  const range = { stream: "main", epoch: "e1", first: 1, last: 9 } as const;
  const { blocks } = again.store.read({ range, blocksMax: 9, bytesMax: 999 });
  expect(blocks.map(({ seq, isSound }) => [seq, isSound])).toEqual([
    [3, false],
    [4, false],
  ]);
  again.close();
});

test("an older database written into the same file is known for it", () => {
  const path = join(directory, "buffer.db");
  const first = open(directory);
  first.store.commit({ ...NO_COMMIT, epochs: [{ stream: "main", epoch: "e1" }] });
  first.close();
  const backup = readFileSync(path);
  const second = open(directory);
  expect(second.opened.suspicion).toBe("");
  second.close();
  writeFileSync(path, backup);
  const third = open(directory);
  expect(third.opened.suspicion).toMatch(/an older one was put into its place/);
  expect(third.opened.epochs.map(({ isCurrent }) => isCurrent)).toEqual([false]);
  third.abandon();
  const fourth = open(directory);
  expect(fourth.opened.suspicion).toBe("");
  fourth.close();
});

test("a backup from before the first orderly stop is known for it, a new database is not", () => {
  const path = join(directory, "buffer.db");
  const first = open(directory);
  first.store.commit({ ...NO_COMMIT, epochs: [{ stream: "main", epoch: "e1" }] });
  first.abandon();
  const backup = readFileSync(path);
  open(directory).close();
  writeFileSync(path, backup);
  const restored = open(directory);
  expect(restored.opened.suspicion).toMatch(/an older one was put into its place/);
  restored.close();
  writeFileSync(path, "no database");
  const fresh = open(directory);
  expect(fresh.opened).toMatchObject({ suspicion: "", isNew: true });
  fresh.store.commit({ ...NO_COMMIT, epochs: [{ stream: "main", epoch: "e2" }] });
  fresh.abandon();
  const again = open(directory);
  expect(again.opened.suspicion).toBe("");
  again.close();
});

test("a crash at any moment of an opening or closing leaves the database known", () => {
  const first = open(directory);
  first.store.commit({ ...NO_COMMIT, epochs: [{ stream: "main", epoch: "e1" }] });
  first.close();
  const mark = join(directory, "buffer.mark");
  const words = readFileSync(mark, "utf8");
  writeFileSync(mark, `${words}feedfeedfeedfeed\n`);
  const again = open(directory);
  expect(again.opened.suspicion).toBe("");
  again.abandon();
  writeFileSync(mark, `feedfeedfeedfeed\n${words}`);
  const later = open(directory);
  expect(later.opened.suspicion).toBe("");
  later.close();
  rmSync(mark);
  const without = open(directory);
  expect(without.opened.suspicion).toBe("");
  without.close();
});

test("so does a crash at the first closing, when only the file has the first word", () => {
  const first = open(directory);
  first.store.commit({ ...NO_COMMIT, epochs: [{ stream: "main", epoch: "e1" }] });
  first.abandon();
  const db = openSqlite(join(directory, "buffer.db"), 0);
  db.exec("pragma query_only = 1");
  expect(() => new LifeMark(directory, db).renew()).toThrow(/readonly/);
  db.close();
  const again = open(directory);
  expect(again.opened.suspicion).toBe("");
  again.close();
});

test.each(["meta set value = 'x' where key = 'totals'", "cursor set spans = '[{'"])(
  "a row that is not what was written sets the file aside: %s",
  (change) => {
    const first = open(directory);
    const cursors = [{ uplinkId: "cloud", stream: "main", epoch: "e1", spans: [] }] as const;
    const epochs = [{ stream: "main", epoch: "e1" }] as const;
    first.store.commit({ ...NO_COMMIT, epochs, cursors });
    first.close();
    const db = openSqlite(join(directory, "buffer.db"), 0);
    db.exec(`update ${change}`);
    db.close();
    const again = open(directory);
    expect(again.opened.setAsidePath).not.toBe("");
    again.close();
  },
);
