import type { Gap, Thinned } from "@headgate/model";
import { intersectionOf } from "../../ranges.ts";
import type { Arrival } from "../store.ts";
import { figuresOfBoth, type HeldFigures } from "../told-of-others.ts";
import type { Database } from "./database.ts";
import type { EpochStates } from "./epoch-states.ts";
import type { NewBlock } from "./planned-rows.ts";
import { storedHash } from "./texts.ts";

/** What is stored of the numbers of each gap record and thinned entry. */
export async function heldFigures(
  database: Database,
  arrivals: readonly Arrival[],
  epochs: EpochStates,
): Promise<ReadonlyMap<Gap | Thinned, HeldFigures>> {
  const asked = arrivals.flatMap((arrival) => {
    const { entry } = arrival;
    if ("seq" in entry) return [];
    const { ref, stored } = epochs.of(arrival);
    return intersectionOf(stored, [entry]).length > 0 ? [{ entry, ref }] : [];
  });
  if (asked.length === 0) return new Map();
  const { rows } = await database.query<HeldFigures & { at: number }>(
    `select at, sum(samples)::int8 as "sampleCount",
       coalesce(min(from_ms) filter (where from_ms <> 0 or to_ms <> 0), 0) as "fromMs",
       coalesce(max(to_ms) filter (where from_ms <> 0 or to_ms <> 0), 0) as "toMs",
       (array_agg(hash::text order by seq))[1] as "firstHash"
     from unnest($1::int[], $2::int8[], $3::int8[]) with ordinality as asked (ref, first, last, at)
     join block on epoch_ref = asked.ref and seq between asked.first and asked.last
     where kind <> 'thinned'
     group by at`,
    [
      asked.map(({ ref }) => ref),
      asked.map(({ entry }) => entry.first),
      asked.map(({ entry }) => entry.last),
    ],
  );
  return new Map(
    rows.flatMap(({ at, ...held }) => {
      const entry = asked[at - 1]?.entry;
      return entry ? [[entry, held]] : [];
    }),
  );
}

/** Together with what of them one transaction is about to store. */
export function withNew(
  known: HeldFigures | undefined,
  fresh: readonly NewBlock[],
  { first, last }: Gap | Thinned,
): HeldFigures | undefined {
  return fresh.reduce((held, { block }) => {
    const { seq, kind, hash, sampleCount, fromMs, toMs } = block;
    if (seq < first || seq > last || kind === "thinned") return held;
    const own = { sampleCount, fromMs, toMs, firstHash: storedHash(hash) };
    if (!held) return own;
    return figuresOfBoth(seq === first ? [own, held] : [held, own]);
  }, known);
}
