import type { Meanings, PointView } from "@headgate/gateway/api-types";
import { pointTitle as titleIn } from "@headgate/gateway/point-title";
import { ask } from "../api/ask.ts";
import { language } from "./language.svelte.ts";

let meanings = $state.raw<ReadonlyMap<string, Meanings[string]>>(new Map());
let isAsked = false;

/** Words for what points mean: asked for once, when the first of them is shown. */
async function learn(): Promise<void> {
  isAsked = true;
  try {
    meanings = new Map(Object.entries(await ask<Meanings>("api/meanings")));
  } catch {
    isAsked = false; // The names of the configuration stand until it is asked again.
  }
}

/** What a point is called, in the reader's language. */
export function pointTitle(point: Pick<PointView, "id" | "name" | "meaning">): string {
  if (point.meaning !== null && !isAsked) void learn();
  return titleIn(point, meanings, language.current);
}
