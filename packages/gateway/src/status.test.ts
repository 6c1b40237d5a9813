import type { BufferStatus, EpochStatus } from "@headgate/model";
import { expect, test } from "vitest";
import { summarizeBuffer } from "./status.ts";

const MEBIBYTE = 1024 * 1024;
const epoch = (stream: EpochStatus["stream"], headSeq: number): EpochStatus => {
  return { stream, epoch: `${stream}-1`, tailSeq: 1, headSeq, isCurrent: true };
};
const bufferWith = (pictures: { headSeq: number; bytes: number }): BufferStatus => ({
  epochs: [epoch("main", 40), epoch("media", pictures.headSeq)],
  cursors: new Map(),
  gaps: [],
  appendedCount: 10,
  committedCount: 9,
  droppedCount: 0,
  usedBytes: 3 * MEBIBYTE + pictures.bytes,
  capacityBytesMax: (64 + 512) * MEBIBYTE,
  mediaUsedBytes: pictures.bytes,
  mediaCapacityBytesMax: 512 * MEBIBYTE,
  ackedBytes: 0,
  totals: { takenCount: 9, storedCount: 9, thinnedCount: 0, goneCount: 0 },
  problems: [],
});

test("without pictures the buffer is that of samples alone, as large as was configured", () => {
  const summary = summarizeBuffer(bufferWith({ headSeq: 1, bytes: 0 }));
  expect(summary).toMatchObject({ usedBytes: 3 * MEBIBYTE, capacityBytesMax: 64 * MEBIBYTE });
  expect(summary.media).toBeNull();
  expect(summary.streams.map(({ stream }) => stream)).toEqual(["main"]);
});

test("pictures have bytes and a capacity of their own, also when all have gone upstream", () => {
  const capacityBytesMax = 512 * MEBIBYTE;
  const kept = summarizeBuffer(bufferWith({ headSeq: 2, bytes: 5000 }));
  expect(kept).toMatchObject({ usedBytes: 3 * MEBIBYTE, capacityBytesMax: 64 * MEBIBYTE });
  expect(kept.media).toEqual({ usedBytes: 5000, capacityBytesMax });
  expect(kept.streams.map(({ stream }) => stream)).toEqual(["main", "media"]);
  const sent = summarizeBuffer(bufferWith({ headSeq: 9, bytes: 0 }));
  expect(sent.media).toEqual({ usedBytes: 0, capacityBytesMax });
});

test("each stream is told by itself once it has begun", () => {
  const none = { usedBytes: 0, capacityBytesMax: 9, ackedBytes: 0, thinnedCount: 0 };
  const fills = (["events", "main", "media"] as const).map((stream) => {
    return { stream, ...none, goneCounts: {} };
  });
  const status = { ...bufferWith({ headSeq: 1, bytes: 0 }), fills };
  expect(summarizeBuffer(status).fills.map(({ stream }) => stream)).toEqual(["main"]);
  const epochs = [...status.epochs, epoch("events", 1), epoch("media", 2)];
  expect(summarizeBuffer({ ...status, epochs }).fills).toHaveLength(3);
});
