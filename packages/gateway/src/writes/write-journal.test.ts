import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog, systemClock } from "@headgate/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GatewayConfig } from "../config/config.ts";
import { GatewayWrites } from "./gateway-writes.ts";
import { readJournal } from "./journal-files.ts";
import { WriteJournal } from "./write-journal.ts";
import type { JournalEntry } from "./write-record.ts";

const guest = { client: "c", unit: 1, place: "coil:1", values: [true], reason: null } as const;
const entry = { kind: "guest", channel: "x", ...guest, outcome: "done" } as const;
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-journal-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** One life of the journal in the folder. */
async function append(entries: readonly JournalEntry[]): Promise<WriteJournal> {
  const journal = await WriteJournal.open(folder, systemClock);
  for (const one of entries) await journal.append(one, true);
  await journal.close();
  return journal;
}

describe("the journal", () => {
  it("is bounded: its oldest file goes, and the rest still holds", async () => {
    const limits = { fileBytesMax: 1_000, filesMax: 3 };
    const journal = await WriteJournal.open(folder, systemClock, limits);
    for (let count = 0; count < 40; count++) await journal.append(entry, false);
    await journal.close();
    expect(await readdir(folder)).toHaveLength(3);
    const { records, damaged, lastN } = await readJournal(folder);
    expect([damaged, lastN]).toEqual([[], 40]);
    expect(records.map(({ n }) => n)).toEqual(records.map((_, at) => 41 - records.length + at));
  });

  it("is tried again where it could not be opened", async () => {
    const blocked = join(folder, "blocked");
    await writeFile(blocked, "");
    const signal = new AbortController().signal;
    const context = { clock: systemClock, log: silentLog, signal, directory: "" };
    const config = { buffer: { path: blocked }, channels: [] } as unknown as GatewayConfig;
    const writes = new GatewayWrites(
      () => config,
      () => [],
      context,
    );
    await expect(writes.desk.list()).rejects.toThrow(/ENOTDIR/);
    await rm(blocked);
    expect(await writes.desk.list()).toEqual([]);
    await writes.close();
  });

  it("begins a line anew after half a line, also in a file that it goes on with", async () => {
    // The power was cut amid the first line of a file: the next start writes to the same.
    await writeFile(join(folder, "writes-000000000001.ndjson"), '{"n":1,"at":"20');
    await append([entry, entry]);
    const read = await readJournal(folder);
    expect([read.records.length, read.damaged, read.cut.length]).toEqual([2, [], 1]);
  });

  it("shows a line that was changed or taken out, and half a line", async () => {
    const step = { kind: "write", point: "d/p", by: "test", readBack: null, reason: null } as const;
    const steps = [1, 2, 3].flatMap((value) =>
      (["queued", "sent", "verified"] as const).map((state) => {
        return { ...step, id: `${value}`, value, state };
      }),
    );
    await append(steps);
    const [name = ""] = await readdir(folder);
    const path = join(folder, name);
    const text = await readFile(path, "utf8");
    expect((await readJournal(folder)).damaged).toEqual([]);
    await writeFile(path, text.replace('"value":2', '"value":9'));
    expect((await readJournal(folder)).damaged).toEqual([`${name}:4`]);
    const lines = text.split("\n");
    await writeFile(path, [...lines.slice(0, 3), ...lines.slice(4)].join("\n"));
    expect((await readJournal(folder)).damaged).toEqual([`${name}:4`]);
    await writeFile(path, text);
    await appendFile(path, '{"n":10,"at":"20');
    const half = await readJournal(folder);
    expect([half.damaged, half.cut, half.lastN]).toEqual([[], [`${name}:10`], 9]);
    await append([entry]);
    const after = await readJournal(folder);
    expect([after.records.length, after.damaged, after.cut]).toEqual([10, [], [`${name}:10`]]);
    // What is no line in the place of one that was: the chain does not go on without it.
    for (const [at, garbage] of [[3, "x"] as const, [8, "x"] as const]) {
      await writeFile(path, lines.map((line, index) => (index === at ? garbage : line)).join("\n"));
      const { damaged, cut } = await readJournal(folder);
      expect([damaged, cut]).toEqual([[`${name}:${at + 1}`], []]);
    }
  });
});
