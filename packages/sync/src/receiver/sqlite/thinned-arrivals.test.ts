import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Thinned } from "@headgate/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CONTRACT_LIST, plainGap } from "../../../testing/receiver-store-contract.ts";
import { thinnableBlock, thinnedBlocks } from "../../../testing/thinned-store-contract.ts";
import { decodeThinned } from "../../block/thinned-body.ts";
import { exportMinutes } from "../export-minutes.ts";
import { exportRecord } from "../export-record.ts";
import { receiveStatus } from "../receive-status.ts";
import type { Arrival } from "../store.ts";
import { openSqliteStore } from "./sqlite-store.ts";

const BLOCKS_MAX = 12;
const span = fc
  .tuple(fc.integer({ min: 1, max: BLOCKS_MAX }), fc.nat(4))
  .map(([first, more]) => [first, Math.min(BLOCKS_MAX, first + more)] as const);
const anyEntry: fc.Arbitrary<Arrival["entry"]> = fc.oneof(
  fc.integer({ min: 1, max: BLOCKS_MAX }).map(thinnableBlock),
  span.map(([first, last]) => thinnedBlocks(first, last)),
  span.map(([first, last]) => plainGap(first, last)),
);

function keptOf(entry: Thinned): Map<number, number[]> {
  const { keptOffsets, keptIndexes } = decodeThinned(entry.body, entry.last - entry.first + 1);
  const kept = new Map<number, number[]>();
  keptOffsets.forEach((offset, at) => {
    const seq = entry.first + offset;
    kept.set(seq, [...(kept.get(seq) ?? []), keptIndexes[at] as number].sort());
  });
  return kept;
}

/** The rules in their plainest form: what is held of each number, and whose minutes. */
function oracleOf(entries: readonly Arrival["entry"][]) {
  const held = new Map<number, "whole" | "gone" | readonly number[]>();
  const isThinned = (seq: number) => Array.isArray(held.get(seq));
  let live: Thinned[] = [];
  for (const entry of entries) {
    if ("seq" in entry) {
      held.set(entry.seq, "whole");
      live = live.filter(({ first, last }) => numbersOf(first, last).some(isThinned));
      continue;
    }
    const open = numbersOf(entry.first, entry.last).filter((seq) => {
      return held.get(seq) === undefined || held.get(seq) === "gone";
    });
    if (entry.kind === "gap") for (const seq of open) held.set(seq, "gone");
    if (entry.kind === "gap" || open.length === 0) continue;
    live = live.filter(({ first, last }) => first < entry.first || last > entry.last);
    live.push(entry);
    for (const seq of open) held.set(seq, keptOf(entry).get(seq) ?? []);
  }
  return { held, live };
}

function numbersOf(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

test("any order of blocks, thinned entries and gaps leaves what a plain oracle says", async () => {
  const folder = mkdtempSync(join(tmpdir(), "headgate-thinned-"));
  const path = join(folder, "upstream.db");
  const arrivals = fc.array(anyEntry, { minLength: 1, maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(arrivals, fc.integer({ min: 1, max: 9 }), async (entries, size) => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      const store = openSqliteStore(path);
      await store.addPointList({ gatewayId: "g", ...CONTRACT_LIST });
      for (let at = 0; at < entries.length; at += size) {
        const some = entries.slice(at, at + size).map((entry) => ({ gatewayId: "g", entry }));
        await store.commit(some, 1);
      }
      const covered = store.standing("g", 1)[0]?.covered ?? [];
      await store.close();
      const { held, live } = oracleOf(entries);
      const numbers = [...held.keys()].sort((a, b) => a - b);
      expect(covered.flatMap(({ first, last }) => numbersOf(first, last))).toEqual(numbers);
      const indexesOf = (seq: number) => {
        const how = held.get(seq);
        return how === "whole" ? [0, 1, 2, 3] : how === "gone" ? [] : (how ?? []);
      };
      const samples = [...exportRecord(path, {})].map(({ block, index }) => [block, index]);
      expect(samples).toEqual(numbers.flatMap((seq) => indexesOf(seq).map((i) => [seq, i])));
      const thinned = numbers.filter((seq) => Array.isArray(held.get(seq)));
      const keptCount = thinned.reduce((sum, seq) => sum + indexesOf(seq).length, 0);
      const [epoch] = receiveStatus(path).epochs;
      const sampleCount = 4 * thinned.length - keptCount;
      expect(epoch?.thinned).toMatchObject({ sampleCount, keptCount });
      expect(epoch?.sampleCount).toBe(samples.length);
      const told = [...exportMinutes(path, {})].map(({ firstBlock, lastBlock }) => {
        return `${firstBlock}-${lastBlock}`;
      });
      expect([...new Set(told)].sort()).toEqual(
        live.map(({ first, last }) => `${first}-${last}`).sort(),
      );
    }),
    { numRuns: 40 },
  );
  rmSync(folder, { recursive: true, force: true });
}, 60_000);
