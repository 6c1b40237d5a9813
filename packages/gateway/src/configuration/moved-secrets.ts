import type { Said } from "../config/source.ts";
import { isSecretKey, withoutSecrets } from "./hidden-secrets.ts";

/** A number, or a time or a size: whatever it is set to, nothing goes elsewhere for it. */
const FIGURE = /^\d+(\.\d+)?( ?(ms|s|min|h|d|B|kB|KiB|MB|MiB))?$/;
const PLACE = /port|host|url|uri|endpoint|address|path/i;

type Leaves = ReadonlyMap<string, unknown>;
type Parts = Readonly<Record<string, unknown>>;

/**
 * Places of a text whose secret nobody typed there, and that would show it or send it to another
 * place than the configuration does that is in use: what stands for a kept one, and references.
 * Whoever may not see a secret must not get it by writing an address of their own beside it.
 */
export function movedSecrets(given: Said, kept: Said): readonly string[] {
  const { value, text, isReadable } = given;
  if (!text.includes("${")) return [];
  if (!isReadable) return [];
  const [after, before] = [leavesOf(value), leavesOf(withoutSecrets(kept))];
  const isMoved = ([path, value]: readonly [string, unknown]) => {
    if (!isLent(value)) return false;
    if (before.get(path) !== value) return true;
    const [section = "", id = ""] = path.split("\0");
    if (section === "channels") return isSentElsewhere(id, after, before);
    if (section !== "devices") return false;
    const [channel, formerly] = [after, before].map((leaves) =>
      leaves.get(["devices", id, "channel"].join("\0")),
    );
    return channel !== formerly || isSentElsewhere(String(channel), after, before);
  };
  return [...after].filter(isMoved).map(([path]) => path.replaceAll("\0", "."));
}

const isLent = (value: unknown) => typeof value === "string" && value.includes("${");

/** Whether a channel is another than it was in more than figures and secrets that were typed. */
function isSentElsewhere(id: string, after: Leaves, before: Leaves): boolean {
  const prefix = `channels\0${id}\0`;
  const places = [...new Set([...after.keys(), ...before.keys()])];
  return places.some((path) => {
    if (!path.startsWith(prefix)) return false;
    const [next, old] = [after.get(path), before.get(path)];
    const key = path.slice(prefix.length);
    if (next === old || isSecretKey(key.split("\0").at(-1) ?? "")) return false;
    const isFigure = [next, old].every((one) => one === undefined || FIGURE.test(String(one)));
    return !isFigure || PLACE.test(key);
  });
}

function leavesOf(value: unknown): Leaves {
  const leaves = new Map<string, unknown>();
  const walk = (part: unknown, path: readonly string[]) => {
    if (typeof part !== "object" || part === null) leaves.set(path.join("\0"), part);
    else for (const [key, inner] of Object.entries(part as Parts)) walk(inner, [...path, key]);
  };
  walk(value, []);
  return leaves;
}
