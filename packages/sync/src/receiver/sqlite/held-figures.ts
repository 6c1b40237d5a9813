import type { Gap, Thinned } from "@headgate/model";
import type { HeldFigures } from "../told-of-others.ts";
import type { Connection } from "./connection.ts";

/** Asks what is stored of the numbers of a gap record or a thinned entry. */
export function heldFigures(
  database: Connection,
): (epochRef: number, entry: Gap | Thinned) => HeldFigures {
  const figures = database.prepare<HeldFigures>(
    `select coalesce(sum(samples), 0) as sampleCount,
       coalesce(min(from_ms) filter (where from_ms <> 0 or to_ms <> 0), 0) as fromMs,
       coalesce(max(to_ms) filter (where from_ms <> 0 or to_ms <> 0), 0) as toMs,
       coalesce(max(hash) filter (where seq = $first), '') as firstHash
     from block where epoch_ref = $ref and seq between $first and $last`,
  );
  return (ref, { first, last }) => figures.get({ ref, first, last }) as HeldFigures;
}
