import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { missing, type Sample, silentLog, systemClock } from "@headgate/model";
import { expect, test } from "vitest";
import { openBuffer } from "../buffer/open-buffer.ts";
import { type History, openHistory } from "./history.ts";

test("samples are known at once, and after a restart", async () => {
  const directory = await mkdtemp(join(tmpdir(), "headgate-history-"));
  const context = {
    clock: systemClock,
    log: silentLog,
    signal: new AbortController().signal,
    directory,
  };
  const options = { directory, capacityBytesMax: 2 ** 24, pointIds: ["a/x", "a/y", "a/z"] };
  const startMs = systemClock.nowMs() - 10_000;
  const good = (pointId: string, at: number, value: Sample["value"]) =>
    ({ pointId, timestampMs: startMs + at, quality: "good", value }) as Sample;
  const ask = (history: History, pointId: string) =>
    history.query({
      ...{ pointId, fromMs: startMs - 1000, toMs: startMs + 20_000, resolution: "raw" },
      ...{ countMax: 100, silentMs: null },
    });
  const about = { directory, capacityBytesMax: 2 ** 24, mediaCapacityBytesMax: 2 ** 20 };
  const log = { commitIntervalMs: 50, uplinkIds: [], pointIds: [] };
  const withBuffer = async (work: (open: () => History) => Promise<void>) => {
    const buffer = await openBuffer({ ...about, ...log }, context);
    await work(() => {
      const history = openHistory(buffer, options, context);
      if (!history) throw new Error("the buffer lends no thread");
      return history;
    });
    await buffer.close();
  };
  try {
    await withBuffer(async (open) => {
      const first = open();
      first.keep([good("a/y", 0, 7n), good("a/x", 0, true), good("a/z", 0, "text")]);
      first.keep([missing("a/x", startMs + 1000, "timeout"), good("other", 0, 1)]);
      const told = await ask(first, "a/x");
      expect(told.kind === "raw" && [...told.values]).toEqual([1, Number.NaN]);
      first.use(["other", "a/x"]);
      first.keep([good("other", 2000, 3), good("a/x", 2000, false), good("a/y", 2000, 8)]);
      const other = await ask(first, "other");
      expect(other.kind === "raw" && [...other.values]).toEqual([3]);
      await first.close();
    });
    await withBuffer(async (open) => {
      const second = open();
      const again = await ask(second, "a/x");
      expect(again.kind === "raw" && [...again.qualities]).toEqual([0, 2, 0]);
      for (const [pointId, count] of [
        ["a/y", 1],
        ["a/z", 0],
        ["other", 1],
      ] as const) {
        const answer = await ask(second, pointId);
        expect([pointId, answer.kind === "raw" && answer.timesMs.length]).toEqual([pointId, count]);
      }
      await second.close();
    });
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("samples stay those of their points where others are configured at once", async () => {
  const directory = await mkdtemp(join(tmpdir(), "headgate-history-"));
  const { signal } = new AbortController();
  const context = { clock: systemClock, log: silentLog, signal, directory };
  const about = { directory, capacityBytesMax: 2 ** 24, mediaCapacityBytesMax: 2 ** 20 };
  const log = { commitIntervalMs: 50, uplinkIds: [], pointIds: [] };
  const buffer = await openBuffer({ ...about, ...log }, context);
  const history = openHistory(buffer, { ...about, pointIds: ["a/x", "a/y"] }, context);
  if (!history) throw new Error("the buffer lends no thread");
  try {
    const nowMs = systemClock.nowMs();
    const keep = (pointId: string, value: number) =>
      history.keep([{ pointId, timestampMs: nowMs, quality: "good", value }]);
    keep("a/x", 1);
    keep("a/y", 2);
    history.use(["b/z", "a/y", "a/x"]);
    keep("b/z", 3);
    history.use(["a/x"]);
    for (const [pointId, value] of Object.entries({ "a/x": 1, "a/y": 2, "b/z": 3 })) {
      const span = { fromMs: nowMs - 1000, toMs: nowMs + 1000, silentMs: null };
      const answer = await history.query({ pointId, ...span, resolution: "raw", countMax: 9 });
      expect([pointId, answer.kind === "raw" && [...answer.values]]).toEqual([pointId, [value]]);
    }
  } finally {
    await history.close();
    await buffer.close();
    await rm(directory, { recursive: true });
  }
});
