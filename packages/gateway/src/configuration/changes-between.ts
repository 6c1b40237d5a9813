import { isDeepStrictEqual } from "node:util";
import { isMap } from "../config/check-shape.ts";
import { readSaid, type Said } from "../config/source.ts";
import { type Change, diffConfig } from "./diff-config.ts";
import { withoutSecrets } from "./hidden-secrets.ts";
import type { ConfigVersion } from "./version-store.ts";

const COMPARED_CHARACTERS_MAX = 64 * 1024;

/** What differs between two texts, without what is secret in them. */
export function changesBetween(old: Said, next: Said): readonly Change[] {
  if (!old.isReadable || !next.isReadable) {
    return diffConfig(withoutSecrets(old), withoutSecrets(next));
  }
  // What both have alike is most of a large one: only the rest is looked at for secrets.
  const [one, other] = differing(old.value, next.value);
  return diffConfig(
    withoutSecrets({ ...old, value: one }),
    withoutSecrets({ ...next, value: other }),
  );
}

type Parts = readonly [one: unknown, other: unknown];

/** Both without what they have alike; undefined where that is all there was. */
function differing(one: unknown, other: unknown): Parts {
  if (isMap(one) && isMap(other)) return differingMaps(one, other);
  return isDeepStrictEqual(one, other) ? [undefined, undefined] : [one, other];
}

function differingMaps(
  one: Readonly<Record<string, unknown>>,
  other: Readonly<Record<string, unknown>>,
): Parts {
  const rests = new Map<string, Parts>();
  for (const key of Object.keys(one)) {
    if (Object.hasOwn(other, key)) rests.set(key, differing(one[key], other[key]));
  }
  const restOf = (map: Readonly<Record<string, unknown>>, side: 0 | 1) => {
    const entries = Object.entries(map).map(([key, value]) => {
      const rest = rests.get(key);
      return [key, rest ? rest[side] : value] as const;
    });
    const left = entries.filter(([, value]) => value !== undefined);
    // A map that is empty is something; one that has nothing left is not.
    return left.length === 0 && entries.length > 0 ? undefined : Object.fromEntries(left);
  };
  const isAlike = Object.keys(one).length === 0 && Object.keys(other).length === 0;
  return isAlike ? [undefined, undefined] : [restOf(one, 0), restOf(other, 1)];
}

/** The version that somebody with an editor made of the file; the first one if there is none. */
export function byHand(
  text: string,
  kept: ConfigVersion | null,
  atMs: number,
): Omit<ConfigVersion, "version"> {
  // A start does not wait for a large file to be compared.
  const isSmall = text.length <= COMPARED_CHARACTERS_MAX;
  const changes = kept && isSmall ? [...changesBetween(readSaid(kept.text), readSaid(text))] : [];
  const why = kept ? "the file was changed by hand" : "the first start";
  return { atMs, who: "the file", why, changes, text };
}
