import type { ConfigDraft } from "@headgate/gateway/api-types";
import { session } from "../session.svelte.ts";
import { ask } from "./ask.ts";

/** What became of a draft. */
export interface Applied {
  readonly version: number;
  /** To be confirmed within it; null where it needs not. */
  readonly confirmWithinMs: number | null;
}

/** Makes a draft the configuration; the gateway begins anew with it. */
export async function applyDraft(
  { text, version }: Pick<ConfigDraft, "text" | "version">,
  why: string,
): Promise<Applied> {
  const sent = { method: "PUT", body: { text, why }, csrf: session.csrf, seen: version } as const;
  return await ask<Applied>("api/config", sent);
}
