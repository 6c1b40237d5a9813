import type { Group } from "../profiles/meanings.ts";
import { type Expectation, expectationsOf } from "../profiles/probe.ts";
import { type AppliedProfile, applyProfile } from "./apply-profile.ts";
import { checkShape, isMap, splitKeys } from "./check-shape.ts";
import type { DeviceConfig, PointConfig, PointSense, VariantCheck } from "./config.ts";
import type { ChannelDraft, DeviceDraft, OptionDraft } from "./drafts.ts";
import { deviceKeys } from "./key-levels.ts";
import { loadPoint, type PointScope } from "./load-points.ts";
import { checkId, checkOverlaps } from "./names.ts";
import { nearest } from "./nearest.ts";
import type { Path, Report } from "./problem.ts";
import type { ProfileLibrary } from "./profile.ts";
import type { Profile } from "./profile-schema.ts";
import { durationMs } from "./quantity.ts";
import { deviceSchema } from "./sections.ts";
import { checkUnits } from "./shared-units.ts";

/** What devices are checked against. */
export interface DeviceScope {
  readonly channels: ReadonlyMap<string, ChannelDraft>;
  readonly profiles: ProfileLibrary;
  readonly report: Report;
}

/** Every device with its points, by channel. */
export async function loadDevices(
  section: Readonly<Record<string, unknown>>,
  scope: DeviceScope,
): Promise<ReadonlyMap<string, readonly DeviceConfig[]>> {
  const { report } = scope;
  const drafts = await Promise.all(
    Object.entries(section).map(([id, value]) => draftDevice(id, value, scope)),
  );
  checkUnits(drafts, report);
  const pointIds = new Set(
    drafts.flatMap(({ id, points }) => Object.keys(points).map((name) => `${id}/${name}`)),
  );
  const devices = drafts.map((draft) => ({
    channelId: draft.channel?.id ?? "",
    config: finishDevice(draft, pointIds, report),
  }));
  const byChannel = Map.groupBy(devices, ({ channelId }) => channelId);
  return new Map([...byChannel].map(([id, list]) => [id, list.map(({ config }) => config)]));
}

async function draftDevice(id: string, value: unknown, scope: DeviceScope): Promise<DeviceDraft> {
  const { report } = scope;
  const path = ["devices", id];
  checkId(path, report);
  if (!isMap(value)) {
    const params = { expected: "@map", found: value === null ? "@nothing" : JSON.stringify(value) };
    report({ code: "wrong-type", path, at: "value", params, hint: "write-map" });
    return {
      ...{ id, channel: null, settings: null, device: null, points: {}, senses: {} },
      ...{ scan: null, options: [] },
    };
  }
  const { own, rest } = splitKeys(value, deviceKeys);
  const settings = checkShape({ path, value: own, schema: deviceSchema }, report)?.value ?? null;
  const channel = findChannel(path, own.channel, scope);
  const applied = await loadProfile(path, own, { ...scope, channel });
  const ownPoints = isMap(own.points) ? own.points : {};
  const points = mergePoints(applied?.points ?? {}, ownPoints);
  if (settings && settings.profile === undefined && Object.keys(points).length === 0) {
    report({ code: "no-points", path, at: "key", params: { device: id }, hint: "add-points" });
  }
  const device = checkDevice(path, { ...applied?.device, ...rest }, { channel, report });
  const options = (applied?.variants ?? []).map(({ name, profile, expectations }): OptionDraft => {
    const silent = { channel, report: () => {} };
    const ofVariant = checkDevice(path, { ...profile.device, ...rest }, silent);
    const merged = mergePoints(profile.points, ownPoints);
    const senses = ownSenses(profile.senses, ownPoints);
    return { name, device: ofVariant, points: merged, senses, expectations };
  });
  const senses = ownSenses(applied?.senses ?? {}, ownPoints);
  return { id, channel, settings, device, points, senses, scan: applied?.scan ?? null, options };
}

/** Own settings of a profile's point win, key by key; null takes the point away. */
function mergePoints(
  fromProfile: AppliedProfile["points"],
  own: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const merged: Record<string, unknown> = { ...fromProfile };
  for (const [name, value] of Object.entries(own)) {
    const base = Object.hasOwn(fromProfile, name) ? fromProfile[name] : null;
    if (base && value === null) delete merged[name];
    else merged[name] = base && isMap(value) ? { ...base, ...value } : value;
  }
  return merged;
}

/** What is plausible in the profile's unit is not in another; what a point means stays. */
function ownSenses(
  senses: AppliedProfile["senses"],
  own: Readonly<Record<string, unknown>>,
): AppliedProfile["senses"] {
  const entries = Object.entries(senses).map(([name, sense]): [string, PointSense] => {
    const value = Object.hasOwn(own, name) ? own[name] : null;
    return [name, isMap(value) && "unit" in value ? { ...sense, plausible: null } : sense];
  });
  return Object.fromEntries(entries);
}

function checkDevice(
  path: Path,
  value: Readonly<Record<string, unknown>>,
  { channel, report }: { readonly channel: ChannelDraft | null; readonly report: Report },
): { readonly value: unknown } | null {
  if (!channel?.driver) return null;
  const schema = channel.driver.deviceSchema;
  if (schema) return checkShape({ path, value, schema, otherKeys: deviceKeys }, report);
  for (const key of Object.keys(value)) {
    const near = nearest(key, deviceKeys);
    const params = { key, nearest: near ?? "", keys: deviceKeys.join(", ") };
    const hint = near ? "did-you-mean" : "known-keys";
    report({ code: "unknown-key", path: [...path, key], at: "key", params, hint });
  }
  return { value: {} };
}

function findChannel(path: Path, name: unknown, scope: DeviceScope): ChannelDraft | null {
  if (typeof name !== "string") return null;
  const channel = scope.channels.get(name);
  if (channel) return channel;
  const known = [...scope.channels.keys()];
  const near = nearest(name, known);
  const params = { value: name, nearest: near ?? "", keys: known.join(", ") };
  const hint = near ? "did-you-mean" : known.length ? "known-keys" : "nothing-known";
  scope.report({
    code: "unknown-channel",
    path: [...path, "channel"],
    at: "value",
    params,
    hint,
  });
  // The rest of the device is checked as if the nearest had been meant.
  return near === null ? null : (scope.channels.get(near) ?? null);
}

/** What a device has of its profile, and of each variant that it may turn out to be. */
interface ProfileInUse extends AppliedProfile {
  readonly variants: readonly {
    readonly name: string;
    readonly profile: AppliedProfile;
    readonly expectations: readonly Expectation[];
  }[];
}

type ProfileScope = DeviceScope & { readonly channel: ChannelDraft | null };

async function loadProfile(
  path: Path,
  own: Readonly<Record<string, unknown>>,
  scope: ProfileScope,
): Promise<ProfileInUse | null> {
  const { profiles, report } = scope;
  const { profile: id, variant, parameters, groups } = own;
  const at = { path: [...path, "profile"], at: "value" } as const;
  if (typeof id !== "string") {
    for (const key of ["variant", "parameters", "groups"].filter((key) => own[key] !== undefined)) {
      const params = { key };
      const at = { path: [...path, key], at: "key" } as const;
      report({ ...at, code: "needs-profile", params, hint: "add-profile" });
    }
    return null;
  }
  try {
    const profile = await profiles.load(id);
    if (!profile) {
      const known = await profiles.ids();
      const near = nearest(id, known);
      const params = { value: id, nearest: near ?? "", keys: known.join(", ") };
      report({
        ...at,
        code: "unknown-profile",
        params,
        hint: near ? "did-you-mean" : "known-keys",
      });
      return null;
    }
    if (!checkUse({ path, profile, own }, scope)) return null;
    const use = {
      variant: typeof variant === "string" ? variant : null,
      parameters: isMap(parameters) ? (parameters as Record<string, number>) : {},
      groups: Array.isArray(groups) ? (groups as Group[]) : null,
    };
    const names = use.variant === null ? Object.keys(profile.variants) : [];
    const variants = names.map((name) => ({
      name,
      profile: applyProfile(profile, { ...use, variant: name }),
      expectations: expectationsOf(profile, name),
    }));
    return { ...applyProfile(profile, use), variants };
  } catch (error) {
    const params = { value: id, why: error instanceof Error ? error.message : String(error) };
    report({ ...at, code: "broken-profile", params, hint: "correct-profile" });
    return null;
  }
}

interface Use {
  readonly path: Path;
  readonly profile: Profile;
  readonly own: Readonly<Record<string, unknown>>;
}

function checkUse({ path, profile, own }: Use, { channel, report }: ProfileScope): boolean {
  const type = channel?.driver?.type;
  if (channel && type !== undefined && !`${type}-`.startsWith(`${profile.driver}-`)) {
    const { id: value, driver: family } = profile;
    const params = { value, family, channel: channel.id, driver: type };
    const at = { path: [...path, "profile"], at: "value" } as const;
    report({ ...at, code: "foreign-profile", params, hint: "other-channel" });
    return false;
  }
  const choose = (code: "unknown-variant" | "unknown-parameter", name: string, at: Path) => {
    const known = Object.keys(code === "unknown-variant" ? profile.variants : profile.parameters);
    if (known.includes(name)) return;
    const near = nearest(name, known);
    const params = {
      profile: profile.id,
      value: name,
      nearest: near ?? "",
      keys: known.join(", "),
    };
    const hint = near ? "did-you-mean" : known.length > 0 ? "known-keys" : "remove-it";
    const side = code === "unknown-variant" ? "value" : "key";
    report({ code, path: at, at: side, params, hint });
  };
  const { variant, parameters } = own;
  if (typeof variant === "string") choose("unknown-variant", variant, [...path, "variant"]);
  for (const name of isMap(parameters) ? Object.keys(parameters) : []) {
    choose("unknown-parameter", name, [...path, "parameters", name]);
  }
  return true;
}

function finishDevice(
  draft: DeviceDraft,
  pointIds: ReadonlySet<string>,
  report: Report,
): DeviceConfig {
  const { id, settings } = draft;
  checkOverlaps(["devices", id, "points"], Object.keys(draft.points), report);
  const profileScanMs = draft.scan === null ? null : durationMs(draft.scan);
  const scope = {
    deviceId: id,
    driver: draft.channel?.driver ?? null,
    device: draft.device?.value,
    scanMs: settings?.scan ?? profileScanMs,
    pointIds,
  };
  const profile = settings?.profile ?? null;
  const options = draft.options.map((option) => finishOption(option, scope));
  return {
    id,
    name: settings?.name ?? id,
    profile,
    points: loadPoints(draft, { scope, report }),
    ...(options.length > 0 && { variants: { verdict: "asking", chosen: null, options } }),
  };
}

function loadPoints(
  { points, senses }: Pick<DeviceDraft, "points" | "senses">,
  use: { readonly scope: PointScope; readonly report: Report },
): readonly PointConfig[] {
  return Object.entries(points).flatMap(([name, value]): PointConfig[] => {
    const point = loadPoint(name, value, use);
    if (point === null) return [];
    return [Object.hasOwn(senses, name) ? { ...point, sense: senses[name] as PointSense } : point];
  });
}

/** What is wrong with it was told of the profile as it stands, or by `headgate profile check`. */
function finishOption(option: OptionDraft, scope: PointScope) {
  const { name, device, expectations } = option;
  const use = { scope: { ...scope, device: device?.value }, report: () => {} };
  const checks = expectations.flatMap((expected, index): VariantCheck[] => {
    const { name: what, point, within, equals } = expected;
    const config = loadPoint(`probe-${name}-${index}`, point, use);
    return config === null ? [] : [{ name: what, config, within, equals }];
  });
  return { name, points: loadPoints(option, use), checks };
}
