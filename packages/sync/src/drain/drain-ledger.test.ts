import type { Block, BlockRange, BufferStatus } from "@headgate/model";
import { beforeEach, describe, expect, it } from "vitest";
import { DrainLedger } from "./drain-ledger.ts";

const LIMITS = { mergeMs: 100, mergeBytesMax: 1000 };
const range = (first: number, last: number): BlockRange => {
  return { stream: "main", epoch: "e", first, last };
};

function statusOf(headSeq: number, acked: readonly BlockRange[] = [], tailSeq = 1): BufferStatus {
  const counts = { appendedCount: 0, committedCount: 0, droppedCount: 0 };
  const epoch = { stream: "main", epoch: "e", tailSeq, headSeq, isCurrent: true } as const;
  const main = { usedBytes: 0, capacityBytesMax: 1 };
  const totals = { takenCount: 0, storedCount: 0, thinnedCount: 0, goneCount: 0 };
  const space = { ...main, mediaUsedBytes: 0, mediaCapacityBytesMax: 1, ackedBytes: 0, totals };
  const cursors = new Map([["cloud", acked]]);
  return { epochs: [epoch], cursors, gaps: [], problems: [], ...counts, ...space };
}

function block(seq: number): Block {
  const about = { kind: "data", stream: "main", epoch: "e", seq, sampleCount: 1 } as const;
  const times = { fromMs: 0, toMs: 0, schemaHash: "", hash: "" };
  return { ...about, ...times, body: new Uint8Array(1) };
}

const repairsOf = ({ repairs }: DrainLedger) => repairs.map(({ first, last }) => [first, last]);

describe("the books of a drain", () => {
  let ledger: DrainLedger;
  beforeEach(() => {
    ledger = new DrainLedger("cloud");
    ledger.refresh(statusOf(20));
  });

  const sent = (first: number, last: number, sentAtMs = 0) =>
    ledger.await({ range: range(first, last), bytes: 10, sentAtMs }, LIMITS);

  it("repeat what is overdue and not acknowledged, once, and forget the bytes", () => {
    sent(1, 3);
    sent(4, 6, 5);
    sent(9, 9, 6);
    expect(ledger.unconfirmedBytes).toBe(30);
    ledger.refresh(statusOf(20, [range(2, 2)]));
    expect(ledger.repairOverdue(5, 9)).toBe(1);
    expect(repairsOf(ledger)).toEqual([
      [1, 1],
      [3, 6],
    ]);
    expect(ledger.unconfirmedBytes).toBe(10);
    expect(ledger.repairOverdue(5, 9)).toBe(0);
  });

  it("forget nothing that is overdue while there is no more room for repairs", () => {
    ledger.refresh(statusOf(9999));
    sent(9000, 9001);
    for (let seq = 1; seq < 2200; seq += 2) ledger.askRepair(range(seq, seq));
    expect(ledger.repairs.length).toBe(1000);
    expect(ledger.repairOverdue(5, 9)).toBe(0);
    ledger.repaired(range(1, 2200));
    expect(ledger.repairOverdue(5, 9)).toBe(1);
    expect(repairsOf(ledger)).toEqual([[9000, 9001]]);
  });

  it("let go of what is acknowledged, and of nothing else", () => {
    sent(1, 3);
    sent(9, 9, 500);
    ledger.refresh(statusOf(20, [range(1, 3)]));
    ledger.settle();
    expect(ledger.unconfirmedBytes).toBe(10);
    expect(ledger.repairOverdue(999, 9)).toBe(1);
    expect(repairsOf(ledger)).toEqual([[9, 9]]);
  });

  it("repeat nothing that all who can be heard have, and still know it as not acknowledged", () => {
    sent(1, 9);
    sent(11, 19, 500);
    ledger.settle([range(1, 12)]);
    expect(ledger.unconfirmedBytes).toBe(10);
    expect(ledger.repairOverdue(10, 9)).toBe(0);
    expect(ledger.epochs[0]?.acked).toEqual([]);
  });

  it("wait for the word of one that is back, then repeat what it lacks", () => {
    ledger.refresh(statusOf(20, [range(4, 5)]));
    ledger.expect([range(3, 8)], 1000);
    expect(ledger.repairOverdue(999, 9)).toBe(0);
    ledger.refresh(statusOf(20, [range(3, 6)]));
    ledger.settle();
    expect(ledger.repairOverdue(1000, 9)).toBe(1);
    expect(repairsOf(ledger)).toEqual([[7, 8]]);
  });

  it("take a range that is asked for again and again into line once", () => {
    for (let time = 0; time < 5; time++) ledger.askRepair(range(3, 7));
    ledger.askRepair(range(5, 99));
    expect(repairsOf(ledger)).toEqual([
      [3, 7],
      [8, 20],
    ]);
    ledger.repaired(range(4, 9));
    expect(repairsOf(ledger)).toEqual([
      [3, 3],
      [10, 20],
    ]);
  });

  it("know what is expired: what was read, or had, or is beyond the read, is not", () => {
    ledger.refresh(statusOf(20, [range(4, 4)]));
    const spans = (isAgain: boolean) =>
      ledger
        .withExpired(range(2, 9), [block(3), block(6)], isAgain)
        .map((entry) => ("seq" in entry ? entry.seq : [entry.first, entry.last]));
    expect(spans(false)).toEqual([[2, 2], 3, [5, 5], 6]);
    expect(spans(true)).toEqual([[2, 2], 3, [4, 5], 6]);
  });

  it("make a backlog of live blocks that pile up, but not of those that are sent", () => {
    const liveFrom = () => ledger.epochs[0]?.liveFrom;
    ledger.refresh(statusOf(700, [range(1, 650)]));
    expect(liveFrom()).toBe(1);
    ledger.refresh(statusOf(700, [range(1, 50)]));
    expect(liveFrom()).toBe(681);
  });

  it("ask again for what could not be read once the buffer has changed", () => {
    ledger.take(range(1, 4), []);
    expect(ledger.epochs[0]?.taken).toEqual([]);
    ledger.refresh(statusOf(20));
    expect(ledger.epochs[0]?.taken).toEqual([{ first: 1, last: 4 }]);
    ledger.retryEmpty();
    ledger.refresh(statusOf(20));
    expect(ledger.epochs[0]?.taken).toEqual([]);
  });
});
