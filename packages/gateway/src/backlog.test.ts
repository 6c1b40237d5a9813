import type { BlockRange, BufferStatus, EpochStatus } from "@headgate/model";
import { expect, it } from "vitest";
import { backlogBytesOf, backlogOf } from "./backlog.ts";

const epoch = (tailSeq: number, headSeq: number, name = "e2"): EpochStatus => ({
  stream: "main",
  epoch: name,
  tailSeq,
  headSeq,
  isCurrent: name === "e2",
});
const range = (first: number, last: number, name = "e2"): BlockRange => ({
  stream: "main",
  epoch: name,
  first,
  last,
});
const blocksOf = (epochs: readonly EpochStatus[], cursor: readonly BlockRange[]) => {
  const cursors = new Map([["cloud", cursor]]);
  return backlogOf({ epochs, cursors } as unknown as BufferStatus, "cloud").blocks;
};

it("is everything kept for an uplink that never acknowledged", () => {
  const status = { epochs: [epoch(3, 10)], cursors: new Map() } as unknown as BufferStatus;
  expect(backlogOf(status, "new").blocks).toBe(8);
});

it("is what no range of the cursor covers, and nothing of an empty epoch", () => {
  expect(blocksOf([epoch(1, 10)], [range(1, 4), range(8, 9)])).toBe(4);
  expect(blocksOf([epoch(1, 0)], [])).toBe(0);
});

it("counts neither what was acknowledged and dropped nor what is not there yet", () => {
  expect(blocksOf([epoch(5, 10)], [range(1, 6), range(10, 12)])).toBe(3);
});

it("adds up epochs and streams, each with its own ranges", () => {
  const media: EpochStatus = { ...epoch(1, 2), stream: "media" };
  expect(blocksOf([epoch(1, 4, "e1"), epoch(1, 3), media], [range(1, 4, "e1")])).toBe(5);
});

it("counts what is held as taken, once", () => {
  const cursors = new Map([["cloud", [range(1, 4)]]]);
  const status = { epochs: [epoch(1, 10)], cursors } as unknown as BufferStatus;
  expect(backlogOf(status, "cloud", [range(8, 9), range(3, 6)]).blocks).toBe(2);
});

it("comes to its part of what is kept in bytes", () => {
  const status = { epochs: [epoch(1, 10)], usedBytes: 1000 } as unknown as BufferStatus;
  expect(backlogBytesOf(status, { blocks: 4 })).toBe(400);
  expect(backlogBytesOf({ ...status, epochs: [epoch(1, 0)] }, { blocks: 0 })).toBe(0);
});
