import { en } from "./en.ts";
import { say, type TextKey } from "./language.svelte.ts";

/** A setting's name as a technician says it; as the file has it where there is no better one. */
export function sayKey(key: string): string {
  const name = `key.${key}`;
  return name in en ? say(name as TextKey) : key;
}
