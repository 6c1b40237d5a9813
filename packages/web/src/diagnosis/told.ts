import type { English } from "../text/en.ts";

/** A text to be said in the reader's language, with what fills it. */
export interface Told {
  readonly key: keyof English;
  readonly values?: Readonly<Record<string, string | number>>;
}

/** How bad; each has a shape and a colour of its own. */
export type Kind = "none" | "busy" | "note" | "warning" | "failure";

const ORDER: readonly Kind[] = ["failure", "warning", "note", "busy", "none"];

/** Sorts the worst first. */
export const worseFirst = (a: Kind, b: Kind) => ORDER.indexOf(a) - ORDER.indexOf(b);
