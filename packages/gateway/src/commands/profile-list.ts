import { Misconfigured } from "@headgate/model";
import { variantProfile } from "../config/apply-profile.ts";
import type { ProfileLibrary } from "../config/profile.ts";
import type { Profile } from "../config/profile-schema.ts";
import { formatTable } from "./format-table.ts";

/** Every profile, in the order of ids. */
export async function loadProfiles(library: ProfileLibrary): Promise<readonly Profile[]> {
  const loaded = await Promise.all((await library.ids()).map((id) => loadProfile(library, id)));
  return loaded.filter((profile) => profile !== null);
}

/** A profile that a person named, by id or path; null if there is none. */
export async function loadProfile(
  library: ProfileLibrary,
  idOrPath: string,
): Promise<Profile | null> {
  try {
    return await library.load(idOrPath);
  } catch (error) {
    const file = (await library.fileOf(idOrPath)) ?? idOrPath;
    const why = error instanceof Error ? error.message : String(error);
    const hint = `headgate profile check ${file} tells where`;
    throw new Misconfigured(`profile ${idOrPath} is broken: ${why}; ${hint}`, { cause: error });
  }
}

/** `headgate profile list`: a line a profile. */
export function listProfiles(profiles: readonly Profile[]): string {
  const rows = profiles.map(({ id, manufacturer, models, points, verified }) => [
    ...[id, manufacturer, String(Object.keys(points).length), verified, models.join(", ")],
  ]);
  const models = profiles.flatMap((profile) => profile.models).length;
  const table = formatTable([["ID", "MAKER", "POINTS", "VERIFIED", "MODELS"], ...rows]);
  return `${table}${profiles.length} profiles, ${models} models\n`;
}

/** `headgate profile show`: what it is, its traps, and every point. */
export function showProfile(profile: Profile, variantName: string | null): string {
  const { documentOffset, points } = variantProfile(profile, variantName);
  const head = [
    `${profile.id}: ${profile.manufacturer} ${profile.models.join(", ")}`,
    `${profile.name.en} / ${profile.name.zh}`,
    `verified: ${profile.verified}`,
    ...Object.entries(profile.sources).map(([key, source]) => `source ${key}: ${source}`),
    ...(profile.notes ?? []).map((note) => `note: ${note}`),
    ...(documentOffset === 0 ? [] : [`wire address = address ${signed(documentOffset)}`]),
    ...Object.entries(profile.variants).map(([key, { name }]) => `variant ${key}: ${name.en}`),
    ...Object.entries(profile.parameters).map(
      ([key, { name, default: value }]) => `parameter ${key} (${value}): ${name.en}`,
    ),
  ];
  const rows = [...points].map(([name, point]) => {
    const { table, type, order } = { ...profile.defaults, ...point };
    const isPath = typeof point.address === "string";
    const where = isPath ? String(point.address) : `${table ?? "holding"} ${point.address}`;
    const kind = isPath ? "" : [type, order].filter((part) => part !== undefined).join(" ");
    return [name, where, kind, `${point.scale ?? 1}`, point.unit ?? "", point.meaning ?? ""];
  });
  const table = formatTable([["POINT", "ADDRESS", "TYPE", "SCALE", "UNIT", "MEANING"], ...rows]);
  return `${head.join("\n")}\n\n${table}`;
}

function signed(offset: number): string {
  return offset < 0 ? `- ${-offset}` : `+ ${offset}`;
}
