import type { Told } from "../diagnosis/told.ts";
import { number, say, type TextKey } from "./language.svelte.ts";

/** Says what was found; numbers in the reader's way of writing them. */
export function sayTold({ key, values = {} }: Told): string {
  const spoken = Object.entries(values).map(([name, value]) => {
    if (name === "stream") return [name, say(`stream.${value}` as TextKey)];
    return [name, typeof value === "number" ? number(value, 1) : value];
  });
  return say(key, Object.fromEntries(spoken));
}
