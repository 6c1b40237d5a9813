import { expect, test } from "vitest";
import { plainBlock, plainGap } from "../../testing/receiver-store-contract.ts";
import { thinnedBlocks } from "../../testing/thinned-store-contract.ts";
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

test("numbers of thinned blocks weigh as much as samples: each is a row", () => {
  const inbox = new Inbox();
  const thinned = { ...thinnedBlocks(1, 3), last: 60_000, keptCount: 0 };
  inbox.add([1, 2, 3, 4].map(() => ({ gatewayId: "g", entry: thinned })));
  expect(inbox.hasSlice).toBe(true);
  expect(inbox.isFull).toBe(true);
  expect(inbox.takeSlice()).toHaveLength(1);
});

test("point lists fill the inbox, too", () => {
  const inbox = new Inbox();
  const pointIds = ["x".repeat(20_000_000)];
  inbox.addList({ gatewayId: "g", hash: "0", pointIds });
  expect(inbox.isFull).toBe(true);
  inbox.takeLists();
  expect(inbox.isFull).toBe(false);
});

test("lists that nobody has are not waited for without end, nor in any number", () => {
  const wait = new PointListWait(100);
  const block = plainBlock(1);
  const blockWith = (schemaHash: string) => ({ gatewayId: "g", entry: { ...block, schemaHash } });
  for (let count = 0; count < 10_500; count++) wait.add(blockWith(`${count}`));
  expect(wait.takeDue(0)).toHaveLength(10_000);
  for (let turn = 1; turn < 30; turn++) expect(wait.takeDue(100 * turn)).toHaveLength(10_000);
  expect(wait.takeDue(3000)).toEqual([]);
  expect(wait.take("1")).toEqual([]);
  wait.add(blockWith("1"));
  expect(wait.takeDue(3000)).toHaveLength(1);
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
