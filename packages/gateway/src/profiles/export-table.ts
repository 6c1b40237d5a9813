import { variantProfile } from "../config/apply-profile.ts";
import type { Lang } from "../config/messages.ts";
import type { Profile } from "../config/profile-schema.ts";
import { POINT_COLUMNS } from "./point-columns.ts";

/** A profile's points as a table: titles first, addresses as its document numbers them. */
export function exportTable(
  profile: Profile,
  { variant, lang }: { readonly variant: string | null; readonly lang: Lang },
): string[][] {
  const { defaults, points } = variantProfile(profile, variant);
  const rows = [...points].map(([name, point]) => {
    const { table, type, order } = { ...defaults, ...point };
    const isPath = typeof point.address === "string";
    const nan = point.nan ?? defaults.nan?.[type ?? "uint16"];
    const whole = isPath ? { name, ...point } : { name, ...point, table, type, order, nan };
    return whole as Readonly<Record<string, unknown>>;
  });
  const used = POINT_COLUMNS.filter(({ key }) => rows.some((row) => row[key] !== undefined));
  const cell = (value: unknown) => {
    if (value === undefined) return "";
    return Array.isArray(value) ? value.join(" ") : String(value);
  };
  const titles = used.map((column) => column.titles[lang]);
  return [titles, ...rows.map((row) => used.map(({ key }) => cell(row[key])))];
}
