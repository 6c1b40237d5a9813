import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AuditLog, type Deed, readAudit, verifyAudit } from "./audit-log.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-audit-"));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const deed = (detail: string): Deed => {
  return { who: "tech-1", address: "10.0.4.2", action: "config.apply", outcome: "done", detail };
};
async function fill(count: number, detail = "byte order"): Promise<AuditLog> {
  const log = await AuditLog.open(folder);
  for (let index = 1; index <= count; index++) await log.add(deed(`${detail} ${index}`), index);
  return log;
}
const fileOf = async (index: number) =>
  join(folder, (await readdir(folder)).toSorted().at(index) ?? "");

test("entries follow one another, also over a restart, and are read newest first", async () => {
  await fill(3);
  await fill(2, "after the restart");
  const verdict = await verifyAudit(folder);
  expect(verdict).toMatchObject({ entryCount: 5, firstSeq: 1, lastSeq: 5, broken: null });
  const newest = await readAudit(folder, { limit: 2 });
  expect(newest.map(({ seq, detail }) => [seq, detail])).toEqual([
    [5, "after the restart 2"],
    [4, "after the restart 1"],
  ]);
  expect((await readAudit(folder, { limit: 9, before: 3 })).map(({ seq }) => seq)).toEqual([2, 1]);
  expect(newest[0]?.hash).toBe(verdict.lastHash);
});

test.each([
  ["changed", (lines: string[]) => lines.with(1, lines[1]?.replace("tech-1", "nobody") ?? "")],
  ["taken out", (lines: string[]) => lines.toSpliced(1, 1)],
  ["put elsewhere", (lines: string[]) => [lines[1], lines[0], ...lines.slice(2)]],
  ["garbled", (lines: string[]) => lines.with(1, "{}")],
])("an entry that was %s is found", async (_what, tamper) => {
  await fill(4);
  const path = await fileOf(0);
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  await writeFile(path, `${tamper(lines).join("\n")}\n`);
  expect((await verifyAudit(folder)).broken).toMatch(/audit-\d+\.ndjson line \d/);
});

test("half an entry of a power cut is cut off, and the log goes on", async () => {
  await fill(2);
  await appendFile(await fileOf(0), '{"seq":3,"atMs":3,"who":"te');
  await fill(1);
  expect(await verifyAudit(folder)).toMatchObject({ entryCount: 3, lastSeq: 3, broken: null });
});

test("a file that a power cut left empty, or with half an entry, breaks no chain", async () => {
  for (const left of ["", '{"seq":3,"atMs":3,"who":"te']) {
    await fill(2);
    const { lastSeq } = await verifyAudit(folder);
    const next = `audit-${String(lastSeq + 1).padStart(12, "0")}.ndjson`;
    await writeFile(join(folder, next), left);
    await fill(1);
    expect(await verifyAudit(folder)).toMatchObject({ lastSeq: lastSeq + 1, broken: null });
  }
});

test("the log is bounded: its oldest file goes, and the rest still holds", async () => {
  const log = await AuditLog.open(folder, { fileBytesMax: 5_000, filesMax: 3 });
  const long = "x".repeat(1_000);
  // At once: they queue.
  await Promise.all(Array.from({ length: 40 }, (_, index) => log.add(deed(long), index)));
  expect((await readdir(folder)).length).toBe(3);
  const verdict = await verifyAudit(folder);
  expect(verdict).toMatchObject({ lastSeq: 40, broken: null });
  expect(verdict.firstSeq).toBeGreaterThan(20);
  expect(verdict.entryCount).toBe(41 - verdict.firstSeq);
});

test("behind what is no entry the numbers go on, and the place is told", async () => {
  await fill(3);
  await appendFile(await fileOf(0), "\0\0\0\0\nnothing\n");
  await fill(2);
  expect((await readAudit(folder, { limit: 9 })).map(({ seq }) => seq)).toEqual([7, 6, 3, 2, 1]);
  expect((await verifyAudit(folder)).broken).toMatch(/line 4 is no entry/);
});

test("who closes it waits for what was begun, and nothing is added after", async () => {
  const log = await AuditLog.open(folder);
  const begun = log.add(deed("begun"), 1);
  await log.close();
  expect(await verifyAudit(folder)).toMatchObject({ entryCount: 1 });
  await begun;
  await expect(log.add(deed("late"), 2)).rejects.toThrow(/closed/);
});

test("half an entry behind one that has rotted is cut off where it begins", async () => {
  await fill(3);
  const path = await fileOf(0);
  const bytes = await readFile(path);
  // Bytes that are no text: as one they would be three times as long.
  bytes.fill(0xff, 10, 60);
  await writeFile(path, Buffer.concat([bytes, Buffer.from('{"seq":4,"atMs"')]));
  await AuditLog.open(folder);
  expect((await readFile(path)).equals(bytes)).toBe(true);
});
