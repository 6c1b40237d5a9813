import type { AuditAction } from "@headgate/gateway/api-types";
import type { Told } from "../diagnosis/told.ts";
import { en } from "./en.ts";
import { number, say, sayReason, type TextKey } from "./language.svelte.ts";

/** Says what was found; numbers in the reader's way of writing them. */
export function sayTold({ key, values = {} }: Told): string {
  const spoken = Object.entries(values).map(([name, value]) => {
    if (name === "stream") return [name, say(`stream.${value}` as TextKey)];
    if (name === "action" && isAction(value)) return [name, say(actionKey(value))];
    if (name === "outcome")
      return [name, say(value === "done" ? "outcome.done" : "outcome.refused")];
    if (name === "list") return [name, String(value).replace(/[^,×]+(?= ×)/g, sayCode)];
    if (name === "who") return [name, sayReason(String(value))];
    return [name, typeof value === "number" ? number(value, 1) : value];
  });
  return say(key, Object.fromEntries(spoken));
}

/** What a device refused with, as often as it did: "illegal data address × 8". */
const sayCode = (code: string) => code.replace(/\S.*/, sayReason);

/** Does not compile while one has no text. */
const actionKey = (action: AuditAction): TextKey => `action.${action}`;

/** A log of another version may hold others. */
const isAction = (value: unknown): value is AuditAction => `action.${value}` in en;
