import type { ConfigDraft } from "@headgate/gateway/api-types";
import { session } from "../session.svelte.ts";
import { ask } from "./ask.ts";

/** What became of a draft. */
export interface Applied {
  readonly version: number;
  /** To be confirmed within it; null where it needs not. */
  readonly confirmWithinMs: number | null;
}

/** With the places of passwords that were typed: the gateway keeps those in files. */
export type DraftToApply = Pick<ConfigDraft, "text" | "version"> & {
  readonly secrets?: readonly (readonly string[])[];
};

/** Makes a draft the configuration; the gateway begins anew with it. */
export async function applyDraft(
  { text, version, secrets = [] }: DraftToApply,
  why: string,
): Promise<Applied> {
  const sent = {
    method: "PUT",
    body: { text, why, secrets },
    csrf: session.csrf,
    seen: version,
  } as const;
  return await ask<Applied>("api/config", sent);
}
