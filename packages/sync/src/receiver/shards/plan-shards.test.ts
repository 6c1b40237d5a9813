import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planShards, type ShardRow } from "./plan-shards.ts";

const rows = (text: string): ShardRow[] =>
  text.split(" ").map((word) => {
    const [name = "", owner = "", wanted = ""] = word.split(":");
    return { name, owner: owner || null, wanted: wanted || null };
  });

/** Members and shards (name:owner:wanted); what it releases and acquires. */
describe("what a receiver does next", () => {
  test.each([
    ["alone, it takes all", "a | 1 2 3", " | 1 2 3"],
    ["the poorer one takes what is free", "a b | 1:b 2:b 3", " | 3"],
    ["the richer one leaves it", "a b | 1:a 2:a 3", " | "],
    ["who has most gives half away", "a b | 1:a 2:a 3:a 4:a", "3 4 | "],
    ["a difference of one is fair", "a b | 1:a 2:a 3:b", " | "],
    ["one of three rich gives", "a b c d | 1:a 2:a 3:b 4:b 5:c 6:c", "2 | "],
    ["what a dead one wants is free", "a | 1::z", " | 1"],
    ["what a live one wants is left to it", "a b | 1::b", " | "],
    ["what it is called for it takes, rich or not", "a b | 1:a 2::a", " | 2"],
    ["what another wants it gives", "a b | 1:a:b 2:a 3:b", "1 | "],
    ["what it is pinned to it keeps", "a b | 1:a:a 2:a:a 3:a", "3 | "],
  ])("%s", (_what, seen, wanted) => {
    const [members = "", shards = ""] = seen.split(" | ");
    const plan = planShards({ me: "a", members: members.split(" "), shards: rows(shards) });
    expect(`${plan.release.join(" ")} | ${plan.acquire.join(" ")}`).toBe(wanted);
  });
});

test("from any start all shards find owners, none differs from another by more than one", () => {
  const members = ["a", "b", "c", "d"];
  const owner = fc.constantFrom(null, "dead", ...members);
  const starts = fc.array(owner, { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(starts, fc.integer({ min: 1, max: 4 }), (owners, aliveCount) => {
      const alive = members.slice(0, aliveCount);
      let shards: ShardRow[] = owners.map((from, at) => {
        return { name: `${at}`, owner: from && alive.includes(from) ? from : null, wanted: null };
      });
      for (let turn = 0; turn < 200; turn++) {
        const me = alive[turn % alive.length] as string;
        const { release, acquire } = planShards({ me, members: alive, shards });
        shards = shards.map((row) => {
          if (release.includes(row.name)) return { ...row, owner: null };
          return acquire.includes(row.name) && row.owner === null ? { ...row, owner: me } : row;
        });
      }
      const counts = alive.map((me) => shards.filter((row) => row.owner === me).length);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(shards.length);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThan(2);
    }),
  );
});
