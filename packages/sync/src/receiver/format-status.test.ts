import { expect, test } from "vitest";
import { formatStatus } from "./format-status.ts";

test("a person sees the figures of each epoch, and what is wrong in words", () => {
  const text = formatStatus({
    incarnation: "i",
    isComplete: false,
    sinks: [],
    refused: [{ gateway: "farm", count: 2, reason: "the body is not the one its hash names" }],
    epochs: [
      {
        gateway: "farm",
        stream: "main",
        epoch: "01JD4XKQZ0ABCDEF",
        reason: "new database",
        contiguousEnd: 4,
        max: 20,
        blockCount: 9,
        sampleCount: 900,
        holes: [{ first: 5, last: 5 }],
        thinned: { spans: [{ first: 1, last: 3 }], sampleCount: 290, keptCount: 10 },
        gaps: [
          { first: 7, last: 9, sampleCount: 300, fromMs: 0, toMs: 0, reason: "capacity" as const },
        ],
        duplicateCount: 3,
        conflictCount: 1,
        lastSampleMs: 1_767_225_600_000,
      },
    ],
  });
  const [head, row, ...details] = text.trimEnd().split("\n");
  expect(head).toMatch(/^GATEWAY +STREAM +EPOCH +COMPLETE TO +MAX +BLOCKS +SAMPLES/);
  expect(row?.split(/ {2,}/)).toEqual([
    ...["farm", "main", "01JD4XKQZ0AB…", "4", "20", "9", "900", "1", "3", "3", "3", "1"],
    "2026-01-01T00:00:00.000Z",
  ]);
  expect(details).toEqual([
    "farm main 01JD4XKQZ0AB…: missing blocks 5",
    "farm main 01JD4XKQZ0AB…: blocks 1-3 are thinned: 10 samples kept, 290 told by the minute",
    "farm main 01JD4XKQZ0AB…: blocks 7-9 are gone (capacity): 300 samples",
    "farm main 01JD4XKQZ0AB…: 1 blocks came again with other contents; the first is kept",
    "farm: 2 blocks refused, last: the body is not the one its hash names",
  ]);
});
