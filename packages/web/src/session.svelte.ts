import type { Session } from "@headgate/gateway/api-types";
import { ask } from "./api/ask.ts";

let current = $state.raw<Session | null>(null);

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
    await ask("api/session", { method: "DELETE", csrf: session.csrf });
    await session.look();
  },
};
