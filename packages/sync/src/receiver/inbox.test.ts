import { expect, test } from "vitest";
import { plainBlock, plainGap } from "../../testing/receiver-store-contract.ts";
import { Inbox } from "./inbox.ts";
import { PointListWait } from "./point-list-wait.ts";

const blockOf = (seq: number, sampleCount: number) => ({
  gatewayId: "g",
  entry: { ...plainBlock(seq), sampleCount },
});

test("a full inbox makes the broker wait until a commit made room", () => {
  const inbox = new Inbox();
  let takenCount = 0;
  inbox.add([blockOf(1, 60_000), blockOf(2, 60_000), blockOf(3, 60_000)]);
  inbox.whenRoom(() => takenCount++);
  expect(takenCount).toBe(1);
  inbox.add([blockOf(4, 60_000)]);
  inbox.whenRoom(() => takenCount++);
  inbox.release();
  expect(takenCount).toBe(1);
  expect(inbox.takeSlice()).toHaveLength(1);
  inbox.release();
  expect(takenCount).toBe(2);
});

test("a slice holds what fits, in order, and at least one", () => {
  const inbox = new Inbox();
  inbox.add([blockOf(1, 90_000), blockOf(2, 30_000), blockOf(3, 20_000), blockOf(4, 1)]);
  inbox.add([{ gatewayId: "g", entry: plainGap(9, 9) }]);
  const slices = [inbox.takeSlice(), inbox.takeSlice(), inbox.takeSlice()];
  expect(slices.map((slice) => slice.length)).toEqual([1, 2, 2]);
  expect(inbox.isEmpty).toBe(true);
});

test("blocks wait for their point list, which is asked for now and then", () => {
  const wait = new PointListWait(100);
  const block = { gatewayId: "g", entry: plainBlock(1) };
  const hash = block.entry.schemaHash;
  wait.add(block);
  expect(wait.takeDue(0)).toEqual([{ gatewayId: "g", hash }]);
  expect(wait.takeDue(99)).toEqual([]);
  expect(wait.takeDue(100)).toHaveLength(1);
  expect(wait.take("other")).toEqual([]);
  expect(wait.take(hash)).toEqual([block]);
  expect(wait.takeDue(1000)).toEqual([]);
});
