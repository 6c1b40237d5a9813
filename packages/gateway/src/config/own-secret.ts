import { isSecret } from "../configuration/hidden-secrets.ts";
import { secretsInValue } from "../configuration/known-secrets.ts";
import type { Path } from "./problem.ts";

/** These name files: what is wrong with one cannot be told without its name. */
const NAMES_A_FILE = /key$/i;

/** What must not be told of the value that stands at a place; nothing of most. */
export function secretsAt(root: unknown, path: Path): readonly string[] {
  const value = path.reduce((part: unknown, step) => {
    return typeof part === "object" && part !== null ? Reflect.get(part, step) : undefined;
  }, root);
  const key = String(path.at(-1) ?? "");
  const isText = typeof value !== "object" || value === null;
  const text = isText ? `${value ?? ""}` : JSON.stringify(value);
  const own = text !== "" && isSecret(NAMES_A_FILE.test(key) ? "" : key, text) ? [text] : [];
  // A list where a map should be is told with what is in it.
  return isText ? own : [...own, ...secretsInValue(value).filter((inner) => inner !== "")];
}
