import type { ConfigChange } from "../compare-configs.ts";
import type { ConfigGist } from "./draft.ts";
import type { Pending } from "./version-store.ts";

/** Who takes back what nobody confirms. */
export const BY_ITSELF = "the gateway";

/** Of these uplinks those that nothing was acknowledged of, by the gateway that runs. */
export type Unproved = (uplinkIds: readonly string[]) => readonly string[];

/** A version that comes back unless it is confirmed. */
export interface Probation {
  readonly version: number;
  readonly leftMs: number;
  /** Uplinks that it changed and that have to prove themselves. */
  readonly uplinkIds: readonly string[];
  /** Their proof is not enough: somebody has to say that it may stay. */
  readonly needsWord: boolean;
}

interface Applied {
  readonly stops: ConfigChange | null;
  readonly gist: ConfigGist | null;
}

/** Whether it could cut off whoever changes it. */
export function isRiskyChange({ whole, uplinks, isWebChanged }: ConfigChange): boolean {
  return whole.length > 0 || uplinks.size > 0 || isWebChanged;
}

/** What has to be shown before a change may stay. */
export function proofOf({ stops, gist }: Applied): Pick<Pending, "uplinkIds" | "needsWord"> {
  if (!stops || !gist) return { uplinkIds: [], needsWord: true };
  const { whole, uplinks, isWebChanged } = stops;
  const changed = [...uplinks].filter(([, change]) => change !== "removed").map(([id]) => id);
  const uplinkIds = whole.includes("gateway.id") ? [...gist.uplinkIds] : changed;
  const isRemoved = [...uplinks.values()].includes("removed");
  return { uplinkIds, needsWord: whole.length > 0 || isWebChanged || isRemoved };
}
