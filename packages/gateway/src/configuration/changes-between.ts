import { readSaid, type Said } from "../config/source.ts";
import { type Change, diffConfig } from "./diff-config.ts";
import { withoutSecrets } from "./hidden-secrets.ts";
import type { ConfigVersion } from "./version-store.ts";

const COMPARED_CHARACTERS_MAX = 64 * 1024;

/** What differs between two texts, without what is secret in them. */
export function changesBetween(old: Said, next: Said): readonly Change[] {
  return diffConfig(withoutSecrets(old), withoutSecrets(next));
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
