import { chmod, chown, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { Misconfigured } from "@headgate/model";
import { parseYaml } from "../config/yaml-document.ts";
import type { FoundDevice } from "../find/found-device.ts";
import { type Addition, additionOf, type Existing } from "../find/snippet.ts";

/**
 * Writes what was found into a configuration, whose comments stay. Channels that lead to the same
 * port are used; devices that are there stay as they are. Rejects with `Misconfigured`.
 */
export async function addToConfig(path: string, found: readonly FoundDevice[]): Promise<Addition> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new Misconfigured(`add to ${path}: it cannot be read`, { cause });
  });
  const document = parseYaml(text, { uniqueKeys: true });
  const [mistake] = document.errors;
  if (mistake) {
    const hint = "headgate check tells where";
    throw new Misconfigured(`add to ${path}: ${mistake.message.split("\n")[0]}; ${hint}`);
  }
  const given = (document.toJS() ?? {}) as Partial<Record<keyof Existing, unknown>>;
  const addition = additionOf(found, {
    channels: mapOf(given.channels),
    devices: mapOf(given.devices),
  });
  for (const section of ["channels", "devices"] as const) {
    const added = Object.entries(addition[section]);
    if (added.length > 0 && !document.hasIn([section])) {
      document.setIn([section], document.createNode({}));
    }
    for (const [name, value] of added) document.setIn([section, name], document.createNode(value));
  }
  if (Object.keys(addition.devices).length > 0) {
    await replace(await realpath(path), document.toString());
  }
  return addition;
}

/** Whoever could read it before can now, and nobody else: passwords may stand in it. */
async function replace(path: string, text: string): Promise<void> {
  const { mode, uid, gid } = await stat(path);
  const next = `${path}.new`;
  const file = await open(next, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    const own = await stat(next);
    if (own.uid !== uid || own.gid !== gid) await chown(next, uid, gid);
    await chmod(next, mode & 0o7777);
    await rename(next, path);
  } catch (cause) {
    await rm(next, { force: true });
    throw new Misconfigured(`add to ${path}: it is another user's; run this as its owner`, {
      cause,
    });
  }
}

type Section = Existing["channels"];

function mapOf(section: unknown): Section {
  return typeof section === "object" && section !== null ? (section as Section) : {};
}

/** What was added and what was not, for people. */
export function additionText(path: string, { devices, leftOut }: Addition): string {
  const names = Object.keys(devices);
  const added = names.length === 0 ? "nothing new" : names.join(", ");
  return [`${path}: ${added}`, ...leftOut.map((text) => `left out: ${text}`)].join("\n");
}
