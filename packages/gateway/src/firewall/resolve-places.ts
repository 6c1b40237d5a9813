import { isIP } from "node:net";
import type { Clock } from "@headgate/model";
import type { Place } from "./declared-places.ts";

const RESOLVE_MS_MAX = 10_000;

/** All addresses of a name; rejects where it has none. */
export type LookUp = (name: string) => Promise<readonly string[]>;

/** A place and where it is. */
export interface FoundPlace extends Place {
  /** Null where a name could not be resolved. */
  readonly addresses: readonly string[] | null;
}

/** Where each place is now: a name may be elsewhere tomorrow. */
export async function resolvePlaces(
  places: readonly Place[],
  lookUp: LookUp,
  clock: Clock,
): Promise<readonly FoundPlace[]> {
  const names = [...new Set(places.map(({ host }) => host))].filter((host) => isIP(host) === 0);
  const over = new AbortController();
  const late = clock.sleep(RESOLVE_MS_MAX, over.signal).then(() => null);
  const found = await Promise.all(
    names.map(async (name) => {
      // A name that nobody knows is told by whoever prints: the others count all the same.
      const asked = lookUp(name).catch(() => null);
      return [name, await Promise.race([asked, late])] as const;
    }),
  );
  over.abort();
  const known = new Map(found);
  return places.map((place) => ({ ...place, addresses: known.get(place.host) ?? ownOf(place) }));
}

function ownOf({ host }: Place): readonly string[] | null {
  return isIP(host) === 0 ? null : [host];
}
