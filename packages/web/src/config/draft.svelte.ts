import { forgetForNow, recallForNow, rememberForNow } from "../memory.ts";
import { session } from "../session.svelte.ts";

/** A text that somebody works on, and the version that they began with. */
export interface Draft {
  readonly version: number;
  readonly text: string;
}

/** A new password may be in it: it is for nobody else who logs in on this tablet. */
interface OwnDraft extends Draft {
  readonly who: string;
}

const NAME = "config-draft";

function stored(): OwnDraft | null {
  const text = recallForNow(NAME);
  if (text === null) return null;
  try {
    const { version, text: draft, who } = JSON.parse(text) as OwnDraft;
    const isWhole = typeof version === "number" && typeof draft === "string" && who !== undefined;
    return isWhole ? { version, text: draft, who } : null;
  } catch {
    return null; // Of another version of the page.
  }
}

let current = $state.raw<OwnDraft | null>(stored());
const nameOf = () => session.current?.name ?? "";

/** The draft of this tab; it outlives a reload, and a gateway that is away. */
export const draft = {
  get current(): Draft | null {
    return current?.who === nameOf() ? current : null;
  },
  write({ version, text }: Draft) {
    current = { version, text, who: nameOf() };
    rememberForNow(NAME, JSON.stringify(current));
  },
  drop() {
    current = null;
    forgetForNow(NAME);
  },
};
