import { forgetForNow, recallForNow, rememberForNow } from "../memory.ts";

/** A text that somebody works on, and the version that they began with. */
export interface Draft {
  readonly version: number;
  readonly text: string;
}

const NAME = "config-draft";

function stored(): Draft | null {
  const text = recallForNow(NAME);
  if (text === null) return null;
  try {
    const { version, text: draft } = JSON.parse(text) as Draft;
    return typeof version === "number" && typeof draft === "string"
      ? { version, text: draft }
      : null;
  } catch {
    return null; // Of another version of the page.
  }
}

let current = $state.raw<Draft | null>(stored());

/** The draft of this tab; it outlives a reload, and a gateway that is away. */
export const draft = {
  get current() {
    return current;
  },
  write(next: Draft) {
    current = next;
    rememberForNow(NAME, JSON.stringify(next));
  },
  drop() {
    current = null;
    forgetForNow(NAME);
  },
};
