import type { Session } from "@headgate/gateway/api-types";
import { ask, whenUnknown } from "./api/ask.ts";

let current = $state.raw<Session | null>(null);
let isLooking = false;

// It ended by itself, or another tab logged in as somebody else.
whenUnknown(() => {
  if (isLooking || !current?.name) return;
  isLooking = true;
  session
    .look()
    .catch(() => {
      // Whoever is away now is asked once more with the next refusal.
    })
    .finally(() => {
      isLooking = false;
    });
});

/** Who the reader is to the gateway. */
export const session = {
  /** Null until the gateway has said it. */
  get current() {
    return current;
  },
  async look() {
    current = await ask<Session>("api/session");
  },
  /** The first admin of a gateway that nobody owns. */
  async claim(code: string, name: string, password: string) {
    current = await ask<Session>("api/claim", { method: "POST", body: { code, name, password } });
  },
  async enter(name: string, password: string) {
    current = await ask<Session>("api/session", { method: "POST", body: { name, password } });
  },
  /** Proves that this page asks; goes with whatever is more than reading. */
  get csrf(): string {
    return current?.csrf ?? "";
  },
  async leave() {
    try {
      await ask("api/session", { method: "DELETE", csrf: session.csrf });
    } finally {
      await session.look();
    }
  },
};
