import { basename } from "node:path";
import type { Driver } from "@headgate/model";
import { applyProfile, variantProfile } from "../config/apply-profile.ts";
import { checkShape, splitKeys } from "../config/check-shape.ts";
import { pointKeys } from "../config/key-levels.ts";
import type { Lang } from "../config/messages.ts";
import { misplaced } from "../config/misplaced.ts";
import {
  asWritten,
  type Finding,
  inWords,
  type Path,
  type Problem,
  type Report,
} from "../config/problem.ts";
import { type Profile, profileSchema } from "../config/profile-schema.ts";
import { readSource } from "../config/source.ts";
import { hasManualNumbers } from "./manual-numbers.ts";
import { unquotedItems } from "./unquoted-items.ts";

/** A profile's file, and what its points are checked with. */
export interface ProfileFile {
  readonly file: string;
  readonly text: string;
  /** One of the family the profile is for. */
  readonly driver: Driver;
  readonly lang: Lang;
}

/** The profile, or null where a mistake was found; every problem with its line. */
export function checkProfile({ file, text, driver, lang }: ProfileFile): {
  readonly profile: Profile | null;
  readonly problems: readonly Problem[];
} {
  const source = readSource(text);
  const findings: Finding[] = [];
  const report: Report = (finding) => void findings.push(finding);
  const unquoted = source.isReadable ? unquotedItems(source.value) : [];
  unquoted.forEach(report);
  const isTold = ({ path }: Finding) => unquoted.some((one) => isSame(one.path, path));
  const shape = { path: [], value: source.value ?? {}, schema: profileSchema };
  const checked = source.isReadable
    ? checkShape(shape, (finding) => {
        if (!isTold(finding)) report(finding);
      })
    : null;
  if (checked && unquoted.length === 0) checkInside(checked.value, { file, driver, report });
  const words = { lang, hide: [] };
  const problems = [
    ...source.problems.map(({ finding, place }) => inWords(finding, place, words)),
    ...findings.map((finding) => {
      const place = source.locate(finding.path, finding.at);
      return inWords(asWritten(finding, place, text), place, words);
    }),
  ].toSorted((a, b) => a.line - b.line || a.column - b.column);
  const isGood = problems.every(({ severity }) => severity === "warning");
  return { profile: isGood ? (checked?.value ?? null) : null, problems };
}

const isSame = (one: Path, other: Path) => one.join("\n") === other.join("\n");

interface Scope {
  readonly file: string;
  readonly driver: Driver;
  readonly report: Report;
}

/** What the shape does not tell: names that lead nowhere, registers that cannot be. */
function checkInside(profile: Profile, { file, driver, report }: Scope): void {
  const { id } = profile;
  const named = basename(file).replace(/\.ya?ml$/, "");
  if (named !== id && named !== "_blueprint") {
    const params = { id, file: named };
    const severity = "warning";
    report({
      ...{ code: "other-id", path: ["id"], at: "value" },
      ...{ params, hint: "same-as-file", severity },
    });
  }
  checkNames(profile, report);
  checkNumbers(profile, report);
  const wrong = misplaced(profile);
  for (const { path, why } of wrong) {
    const key = String(path.at(-1));
    report({ code: "invalid", path, at: "value", params: { why, key }, hint: "check-value" });
  }
  const told = new Set<string>();
  // Without its place a point cannot be looked at further.
  if (wrong.length === 0)
    for (const variant of [null, ...Object.keys(profile.variants)]) {
      checkRegisters(profile, variant, { driver, report, told });
    }
  checkMeanings(profile, report);
}

/** Of a manual's numbers the wire addresses are something else. */
function checkNumbers({ documentOffset, defaults, points }: Profile, report: Report): void {
  const all = Object.values(points).map((point) => ({ ...defaults, ...point }));
  if (documentOffset !== 0 || !hasManualNumbers(all)) return;
  const place = { path: ["points"], at: "key", severity: "warning" } as const;
  report({ ...place, code: "manual-numbers", params: {}, hint: "write-document-offset" });
}

function checkNames(profile: Profile, report: Report): void {
  const sources = Object.keys(profile.sources);
  const parameters = Object.keys(profile.parameters);
  const used = new Set<string>();
  for (const [name, { source, scaledBy = [] }] of Object.entries(profile.points)) {
    const path = ["points", name];
    if (source !== undefined && !sources.includes(source)) {
      const params = { value: source, keys: sources.join(", ") };
      const place = { path: [...path, "source"], at: "value" } as const;
      report({ ...place, code: "unknown-source", params, hint: "known-keys" });
    }
    for (const [index, value] of scaledBy.entries()) {
      used.add(value);
      if (parameters.includes(value)) continue;
      const params = { profile: profile.id, value, keys: parameters.join(", ") };
      const place = { path: [...path, "scaledBy", index], at: "value" } as const;
      report({ ...place, code: "unknown-parameter", params, hint: "known-keys" });
    }
  }
  for (const value of parameters.filter((one) => !used.has(one))) {
    const place = { path: ["parameters", value], at: "key", severity: "warning" } as const;
    report({ ...place, code: "unused-parameter", params: { value }, hint: "remove-it" });
  }
  checkProbe(profile, null, report);
  for (const variant of Object.keys(profile.variants)) checkProbe(profile, variant, report);
}

function checkProbe(profile: Profile, variant: string | null, report: Report): void {
  const own = variant === null ? profile : profile.variants[variant];
  const start = variant === null ? [] : ["variants", variant];
  const names = Object.keys({
    ...profile.points,
    ...(variant === null ? {} : profile.variants[variant]?.points),
  });
  for (const [index, { point }] of (own?.probe ?? []).entries()) {
    if (point === undefined || names.includes(point)) continue;
    const place = { path: [...start, "probe", index, "point"], at: "value" } as const;
    const params = { value: point, keys: names.join(", ") };
    report({ ...place, code: "unknown-point", params, hint: "known-keys" });
  }
}

interface Registers {
  readonly name: string;
  readonly table: string;
  readonly from: number;
  readonly count: number;
}

/** Each point as the driver understands it; a mistake is told once, in whatever variant it is. */
function checkRegisters(
  profile: Profile,
  variant: string | null,
  { driver, report, told }: Omit<Scope, "file"> & { readonly told: Set<string> },
): void {
  const spans: Registers[] = [];
  const names = [...variantProfile(profile, variant).points.keys()];
  const { points } = applyProfile(profile, { variant, parameters: factors(profile), groups: null });
  for (const name of names) {
    const isChanged = variant !== null && profile.variants[variant]?.points?.[name];
    const path = isChanged ? ["variants", variant, "points", name] : ["points", name];
    if (told.has(path.join("/"))) continue;
    const { rest: value } = splitKeys(points[name] ?? {}, pointKeys);
    const checked = checkShape({ path, value, schema: driver.addressSchema }, report);
    if (!checked) told.add(path.join("/"));
    const registers = checked ? placeOf(checked.value) : null;
    if (registers === null) continue;
    const { table, from, count } = registers;
    const other = spans.find((one) => {
      const isApart = from + count <= one.from || one.from + one.count <= from;
      return one.table === table && !isApart;
    });
    spans.push({ name, table, from, count });
    if (!other || told.has(`${path.join("/")} shared`)) continue;
    told.add(`${path.join("/")} shared`);
    const place = { path: [...path, "address"], at: "value", severity: "warning" } as const;
    const params = { other: other.name };
    report({ ...place, code: "same-registers", params, hint: "check-address" });
  }
}

/** What the drivers' addresses have, as far as it tells where a value stands. */
interface AnyAddress extends Partial<Omit<Registers, "name">> {
  readonly sunspec?: unknown;
  readonly item?: string;
  readonly entry?: { readonly at: number; readonly format: { readonly byteCount: number } };
  readonly skip?: number;
  readonly format?: { readonly byteCount: number } | null;
  readonly field?: string | null;
}

/** Registers, or bytes of a meter's item; null where others may share them. */
function placeOf(value: unknown): Omit<Registers, "name"> | null {
  const { sunspec, table, from, count, item, entry, skip = 0, format, field } = value as AnyAddress;
  if (sunspec !== undefined || (field ?? null) !== null) return null;
  if (table !== undefined) return { table, from: from ?? 0, count: count ?? 0 };
  if (item === undefined) return null;
  const bytes = entry ?? (format ? { at: skip, format } : null);
  return bytes && { table: `item ${item}`, from: bytes.at, count: bytes.format.byteCount };
}

/** Every parameter that a point names, so that an unknown one is told of once, by its name. */
function factors(profile: Profile): Readonly<Record<string, number>> {
  const named = Object.values(profile.points).flatMap(({ scaledBy = [] }) => scaledBy);
  return Object.fromEntries(named.map((name) => [name, profile.parameters[name]?.default ?? 1]));
}

function checkMeanings({ points }: Profile, report: Report): void {
  const seen = new Map<string, string>();
  for (const [name, { meaning }] of Object.entries(points)) {
    if (meaning === undefined) continue;
    const other = seen.get(meaning);
    seen.set(meaning, other ?? name);
    if (other === undefined) continue;
    const place = { path: ["points", name, "meaning"], at: "value", severity: "warning" } as const;
    const params = { other, value: meaning };
    report({ ...place, code: "same-meaning", params, hint: "other-point" });
  }
}
