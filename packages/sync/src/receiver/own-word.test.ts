import { expect, test } from "vitest";
import type { Ack } from "../protocol/messages.ts";
import { isBehind } from "./own-word.ts";
import type { EpochStanding } from "./store.ts";

const held = (last: number): EpochStanding[] => [
  { stream: "main", epoch: "e", covered: [{ first: 1, last }] },
];
const ack = (inc: string, w: number, sack: [number, number][] = []): Ack => {
  return { v: 1, c: "main", inc, at: 1, streams: [{ st: "main", ep: "e", w, sack, max: w }] };
};
const storeOf = (last: number) => ({ incarnation: "i", standing: () => held(last) });

test.each([
  ["as much as is held", ack("i", 5), false],
  ["more than is held", ack("i", 6), true],
  ["a range that is not held", ack("i", 5, [[7, 8]]), true],
  ["more, in another life of the store", ack("before", 6), false],
])("an ack that tells %s", async (_what, told, wanted) => {
  expect(await isBehind(storeOf(5), "g", told)).toBe(wanted);
});

test("a gateway that another shard's receiver keeps now is not taken for lost", async () => {
  const moved = { ...storeOf(0), standing: () => [] };
  const recalling = (last: number) => ({ ...moved, recall: async () => held(last) });
  expect(await isBehind(moved, "g", ack("i", 5))).toBe(true);
  expect(await isBehind(recalling(9), "g", ack("i", 5))).toBe(false);
  expect(await isBehind(recalling(4), "g", ack("i", 5))).toBe(true);
});
