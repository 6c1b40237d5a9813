import { recall, remember } from "./memory.ts";

const FAVOURITES_MAX = 24;
let chosen = $state.raw<readonly string[]>(
  (recall("favourites") ?? "").split("\n").filter(Boolean),
);

/** Points that this browser shows first. */
export const favourites = {
  get ids() {
    return chosen;
  },
  /** Those that are there already stay where they are. */
  add(ids: readonly string[]) {
    chosen = [...new Set([...chosen, ...ids])].slice(0, FAVOURITES_MAX);
    remember("favourites", chosen.join("\n"));
  },
  toggle(id: string) {
    const rest = chosen.filter((other) => other !== id);
    chosen = rest.length < chosen.length ? rest : [...chosen, id].slice(-FAVOURITES_MAX);
    remember("favourites", chosen.join("\n"));
  },
};
