import { type Context, Misconfigured } from "@headgate/model";
import { variantProfile } from "../config/apply-profile.ts";
import type { Catalogue } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import type { Profile } from "../config/profile-schema.ts";
import { plausibleRange } from "../profiles/plausible.ts";
import { type Expectation, expectationsOf, isAsExpected, isIdleZero } from "../profiles/probe.ts";
import type { PointView } from "../status.ts";
import { ExitCode } from "./exit-code.ts";
import { formatTable } from "./format-table.ts";
import { channelOf, deviceOf, hintFor, type TestPlace } from "./profile-test-place.ts";
import { readOnce } from "./read.ts";

/** A device to try a profile on. */
export interface TestTarget extends TestPlace {
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
  /** What to do where nobody answered; empty otherwise. */
  readonly hint: string;
}

interface TestRow {
  readonly point: string;
  readonly value: string;
  readonly verdict: "good" | "zero" | "implausible" | "bad";
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
    const device = {
      ...{ channel: "line", profile: file, ...deviceOf(target, profile) },
      ...(variant !== null && { variant }),
      ...parametersOf(target),
    };
    const expectations = expectationsOf(profile, variant);
    const probes = Object.fromEntries(
      expectations.map(({ point }, index) => [`probe-${index}`, point]),
    );
    const channel = channelOf(target, profile);
    const config = await configOf(channel, { device, probes }, catalogue);
    const { views, exitCode } = await readOnce(config, [], context);
    // A serial port is there whoever is on it.
    if (exitCode === ExitCode.unreachable || views.every(isSilent)) {
      const hint = views.every(isSilent) ? hintFor(target, profile) : "";
      return unreachable(variant, views, hint);
    }
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

function parametersOf({ parameters }: TestTarget) {
  return Object.keys(parameters).length > 0 && { parameters };
}

const SILENT = /^timeout|^no answer|is silent|tried again/;
const isSilent = ({ quality, reason }: PointView) => quality === "bad" && SILENT.test(reason ?? "");

interface Devices {
  readonly device: Readonly<Record<string, unknown>>;
  readonly probes: Readonly<Record<string, unknown>>;
}

async function configOf(
  channel: Readonly<Record<string, unknown>>,
  { device, probes }: Devices,
  catalogue: Catalogue,
) {
  const given = {
    gateway: { id: "profile-test" },
    channels: { line: channel },
    devices: { device: { ...device, points: { ...probes } } },
  };
  const { config, problems } = await loadConfig(given, catalogue);
  if (config) return config;
  const errors = problems.filter(({ severity }) => severity === "error");
  throw new Misconfigured(errors.map(({ path, message }) => `${path}: ${message}`).join("\n"));
}

interface Reading {
  readonly variant: string | null;
  readonly expectations: readonly Expectation[];
  readonly views: readonly PointView[];
}

function judge(profile: Profile, { variant, expectations, views }: Reading): ProfileTest {
  const { points } = variantProfile(profile, variant);
  const read = (id: string) => views.find((view) => view.id === `device/${id}`)?.value ?? null;
  const probed = expectations.map((one, index) => ({ one, value: read(`probe-${index}`) }));
  const fits = probed.filter(({ one, value }) => {
    return isAsExpected(one, value) && !isIdleZero(one, value);
  });
  const against = probed.filter(({ one, value }) => !isAsExpected(one, value));
  const rows = [...points].map(([name, point]): TestRow => {
    const view = views.find(({ id }) => id === `device/${name}`);
    const value = view?.value ?? null;
    const text = value === null ? "-" : `${value}${view?.unit ? ` ${view.unit}` : ""}`;
    if (!view || value === null) {
      return { point: name, value: text, verdict: "bad", reason: view?.reason ?? "not read" };
    }
    const within = plausibleRange(point);
    if (isIdleZero({ equals: null }, value) && (within === null || within[0] <= 0)) {
      return { point: name, value: text, verdict: "zero", reason: "as unused registers are" };
    }
    if (isAsExpected({ within, equals: null }, value)) {
      return { point: name, value: text, verdict: "good", reason: "" };
    }
    const reason = `expected ${within?.join(" … ")}`;
    return { point: name, value: text, verdict: "implausible", reason };
  });
  const isProbed = expectations.length === 0 || fits.length > 0;
  const isFitting = against.length === 0 && isProbed && rows.some(isGood);
  const exitCode = isFitting ? ExitCode.ok : ExitCode.no;
  return { variant, fits: fits.length, expected: expectations.length, rows, exitCode, hint: "" };
}

const isGood = ({ verdict }: TestRow) => verdict === "good";

function unreachable(
  variant: string | null,
  views: readonly PointView[],
  hint: string,
): ProfileTest {
  const rows = views.map(({ name, reason }): TestRow => {
    return { point: name, value: "-", verdict: "bad", reason: reason ?? "" };
  });
  return { variant, fits: 0, expected: 0, rows, exitCode: ExitCode.unreachable, hint };
}

/** The test for a terminal. */
export function formatTest(id: string, test: ProfileTest): string {
  const { variant, fits, expected, rows, hint, exitCode } = test;
  const what = variant === null ? id : `${id}, variant ${variant}`;
  if (exitCode === ExitCode.unreachable) {
    // All points have the same reason: nobody was there.
    const reasons = [...new Set(rows.map(({ reason }) => reason))];
    const todo = hint === "" ? [] : [hint];
    return [`${what}: nothing was read`, ...reasons, ...todo, ""].join("\n");
  }
  const table = rows.map(({ point, value, verdict, reason }) => [point, value, verdict, reason]);
  const good = rows.filter(isGood).length;
  const probe = `the probe fits in ${fits} of ${expected}`;
  const line = `${what}: ${probe}, ${good} of ${rows.length} values are plausible`;
  const todo = hint === "" ? "" : `${hint}\n`;
  return `${line}\n${formatTable([["POINT", "VALUE", "VERDICT", "WHY"], ...table])}${todo}`;
}
