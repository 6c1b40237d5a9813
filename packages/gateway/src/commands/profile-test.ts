import { type Context, Misconfigured } from "@headgate/model";
import { variantProfile } from "../config/apply-profile.ts";
import type { Catalogue } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import type { Profile } from "../config/profile-schema.ts";
import { plausibleRange } from "../profiles/plausible.ts";
import { type Expectation, expectationsOf, isAsExpected } from "../profiles/probe.ts";
import type { PointView } from "../status.ts";
import { ExitCode } from "./exit-code.ts";
import { formatTable } from "./format-table.ts";
import { readOnce } from "./read.ts";

/** A device to try a profile on. */
export interface TestTarget {
  /** HOST or HOST:PORT of a Modbus TCP device. */
  readonly against: string;
  readonly unitId: number | null;
  readonly variant: string | null;
  readonly parameters: Readonly<Record<string, number>>;
}

/** What a profile makes of a device: how well its probe fits, and every value with a verdict. */
export interface ProfileTest {
  readonly variant: string | null;
  readonly fits: number;
  readonly expected: number;
  readonly rows: readonly TestRow[];
  readonly exitCode: number;
}

interface TestRow {
  readonly point: string;
  readonly value: string;
  readonly verdict: "good" | "implausible" | "bad";
  readonly reason: string;
}

/** `headgate profile test`: reads a device with a profile, of a variant or of the best one. */
export async function testProfile(
  { profile, file }: { readonly profile: Profile; readonly file: string },
  target: TestTarget,
  { catalogue, context }: { readonly catalogue: Catalogue; readonly context: Context },
): Promise<ProfileTest> {
  const names = Object.keys(profile.variants);
  const tried = target.variant !== null || names.length === 0 ? [target.variant] : names;
  const tests: ProfileTest[] = [];
  for (const variant of tried) {
    const device = deviceOf(file, { ...target, variant });
    const expectations = expectationsOf(profile, variant);
    const probes = Object.fromEntries(
      expectations.map(({ point }, index) => [`probe-${index}`, point]),
    );
    const config = await configOf(target, { device, probes }, catalogue);
    const { views, exitCode } = await readOnce(config, [], context);
    if (exitCode === ExitCode.unreachable) return unreachable(variant, views);
    tests.push(judge(profile, { variant, expectations, views }));
  }
  const best = tests.toSorted((a, b) => score(b) - score(a))[0];
  if (!best) throw new Misconfigured(`${profile.id} has nothing to read`);
  return best;
}

function score({ fits, expected, rows }: ProfileTest): number {
  const good = rows.filter(({ verdict }) => verdict === "good").length;
  return (expected === 0 ? 1 : fits / expected) * 1_000 + good / Math.max(1, rows.length);
}

function deviceOf(file: string, { unitId, variant, parameters }: TestTarget) {
  return {
    ...{ channel: "line", profile: file },
    ...(unitId !== null && { unitId }),
    ...(variant !== null && { variant }),
    ...(Object.keys(parameters).length > 0 && { parameters }),
  };
}

interface Devices {
  readonly device: { readonly unitId?: number } & Readonly<Record<string, unknown>>;
  readonly probes: Readonly<Record<string, unknown>>;
}

async function configOf(
  { against }: TestTarget,
  { device, probes }: Devices,
  catalogue: Catalogue,
) {
  const { host, port } = placeOf(against);
  const points = { ...probes };
  const given = {
    gateway: { id: "profile-test" },
    channels: { line: { driver: "modbus-tcp", host, port } },
    devices: { device: { ...device, points } },
  };
  const { config, problems } = await loadConfig(given, catalogue);
  if (config) return config;
  const errors = problems.filter(({ severity }) => severity === "error");
  throw new Misconfigured(errors.map(({ path, message }) => `${path}: ${message}`).join("\n"));
}

function placeOf(against: string): { host: string; port: number } {
  const [, host = against, port] = /^(.*?)(?::(\d+))?$/.exec(against) ?? [];
  return { host, port: Number(port ?? 502) };
}

interface Reading {
  readonly variant: string | null;
  readonly expectations: readonly Expectation[];
  readonly views: readonly PointView[];
}

function judge(profile: Profile, { variant, expectations, views }: Reading): ProfileTest {
  const { points } = variantProfile(profile, variant);
  const read = (id: string) => views.find((view) => view.id === `device/${id}`)?.value ?? null;
  const fits = expectations.filter((one, index) => isAsExpected(one, read(`probe-${index}`)));
  const rows = [...points].map(([name, point]): TestRow => {
    const view = views.find(({ id }) => id === `device/${name}`);
    const value = view?.value ?? null;
    const text = value === null ? "-" : `${value}${view?.unit ? ` ${view.unit}` : ""}`;
    if (!view || value === null) {
      return { point: name, value: text, verdict: "bad", reason: view?.reason ?? "not read" };
    }
    const within = plausibleRange(point);
    if (isAsExpected({ within, equals: null }, value)) {
      return { point: name, value: text, verdict: "good", reason: "" };
    }
    const reason = `expected ${within?.join(" … ")}`;
    return { point: name, value: text, verdict: "implausible", reason };
  });
  const isFitting = fits.length === expectations.length && rows.some(isGood);
  const exitCode = isFitting ? ExitCode.ok : ExitCode.no;
  return { variant, fits: fits.length, expected: expectations.length, rows, exitCode };
}

const isGood = ({ verdict }: TestRow) => verdict === "good";

function unreachable(variant: string | null, views: readonly PointView[]): ProfileTest {
  const rows = views.map(({ name, reason }): TestRow => {
    return { point: name, value: "-", verdict: "bad", reason: reason ?? "" };
  });
  return { variant, fits: 0, expected: 0, rows, exitCode: ExitCode.unreachable };
}

/** The test for a terminal. */
export function formatTest(id: string, { variant, fits, expected, rows }: ProfileTest): string {
  const what = variant === null ? id : `${id}, variant ${variant}`;
  const table = rows.map(({ point, value, verdict, reason }) => [point, value, verdict, reason]);
  const good = rows.filter(isGood).length;
  const probe = `the probe fits in ${fits} of ${expected}`;
  const line = `${what}: ${probe}, ${good} of ${rows.length} values are plausible`;
  return `${line}\n${formatTable([["POINT", "VALUE", "VERDICT", "WHY"], ...table])}`;
}
