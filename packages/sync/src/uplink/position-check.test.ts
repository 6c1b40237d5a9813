import type { UplinkPort } from "@headgate/model";
import { expect, it } from "vitest";
import { PositionCheck } from "./position-check.ts";

const at = { stream: "main", epoch: "e1" } as const;

function checkOf(hashes: Readonly<Record<number, string>>): PositionCheck {
  const port: UplinkPort = {
    gatewayId: "g",
    uplinkId: "cloud",
    standing: () => [{ ...at, headSeq: 20, tailSeq: 1 }],
    pointList: async () => null,
    hashOf: async ({ seq }) => hashes[seq] ?? null,
  };
  return new PositionCheck(port);
}

it.each([
  ["the same block", 9, "a", null],
  ["another block under its number", 9, "b", "it knows another block 9 than ours"],
  ["a block that is not kept any more", 3, "b", null],
  ["a block that we never had", 21, "b", null],
])("of %s", async (_, seq, hash, reason) => {
  expect(await checkOf({ 9: "a" }).differenceOf({ ...at, seq, hash, by: "it" })).toBe(reason);
});

it("each word is looked at once", async () => {
  const check = checkOf({ 9: "a" });
  const known = { ...at, seq: 9, hash: "b", by: "it" };
  await check.differenceOf(known);
  expect(await check.differenceOf(known)).toBeNull();
  expect(await check.differenceOf({ ...known, by: "another" })).not.toBeNull();
});
