import type { ConfigDraft } from "@headgate/gateway/api-types";
import { session } from "../session.svelte.ts";
import { type Applied, applyDraft, type DraftToApply } from "./apply.ts";
import { AskError, ask } from "./ask.ts";

type Mistakes = ConfigDraft["mistakes"];

/** Something that the gateway is to do: whether it is under way, and why it was not done. */
export interface Deed {
  readonly isBusy: boolean;
  readonly error: AskError | null;
  /** Of a draft that could not be applied. */
  readonly mistakes: Mistakes;
  /** Never rejects: why it was not done is `error`. */
  run(work: () => Promise<void>): Promise<void>;
  /** Within `run`: a draft made by the gateway is applied; null if it has mistakes. */
  apply(draft: ConfigDraft & DraftToApply, why: string): Promise<Applied | null>;
}

/** What a thrown thing is to the reader. */
export function askErrorOf(thrown: unknown): AskError {
  return thrown instanceof AskError ? thrown : new AskError(String(thrown), null);
}

export function createDeed(): Deed {
  let isBusy = $state(false);
  let error = $state.raw<AskError | null>(null);
  let mistakes = $state.raw<Mistakes>([]);
  return {
    get isBusy() {
      return isBusy;
    },
    get error() {
      return error;
    },
    get mistakes() {
      return mistakes;
    },
    async run(work) {
      isBusy = true;
      mistakes = [];
      try {
        await work();
        error = null;
      } catch (thrown) {
        error = askErrorOf(thrown);
      } finally {
        isBusy = false;
      }
    },
    async apply(draft, why) {
      mistakes = draft.mistakes;
      return draft.isGood ? await applyDraft(draft, why) : null;
    },
  };
}

/** What the gateway answers to something sent by this page. */
export async function send<T>(path: string, body: unknown): Promise<T> {
  return await ask<T>(path, { method: "POST", body, csrf: session.csrf });
}
