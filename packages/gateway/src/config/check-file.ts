import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { checkHead } from "./check-head.ts";
import { checkShape, isMap, renamed } from "./check-shape.ts";
import { checkUplinks } from "./check-uplinks.ts";
import type { Catalogue, ChannelConfig, GatewayConfig } from "./config.ts";
import { loadChannels, loadUplinks } from "./load-channels.ts";
import { loadDevices } from "./load-devices.ts";
import { checkOverlaps } from "./names.ts";
import { type PlainBefore, plainBefore } from "./plain-before.ts";
import type { Finding, Path, Report } from "./problem.ts";
import { profileLibrary, readOnce, shippedProfileFolders } from "./profile.ts";
import { type ReferenceSource, resolveReferences } from "./references.ts";
import { fileSchema } from "./sections.ts";

/** A whole file's value and what it may refer to. */
export interface FilePart {
  readonly value: unknown;
  /** Where relative paths start. */
  readonly directory: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly profileFolders: readonly string[] | undefined;
  readonly catalogue: Catalogue;
  readonly report: Report;
}

interface CheckedFile {
  /** Null if something that matters was reported. */
  readonly config: GatewayConfig | null;
  readonly secrets: readonly string[];
  readonly missing: readonly string[];
}

/** Checks every section, whatever is wrong with the others. */
export async function checkFile(part: FilePart): Promise<CheckedFile> {
  const { directory, catalogue } = part;
  const raw = withoutEmptySections(part.value);
  const dataPath = dataPathOf(raw, directory);
  const lookUp = referencesOf(dataPath, part.variables);
  const { value, secrets, missing } = await resolveReferences(raw, lookUp, part.report);
  const { file, inner, report } = checkOutline(value, part.report);
  const head = checkHead(inner, report);
  const section = (name: SectionName) => sectionOf(inner, name);
  const folders = part.profileFolders ?? shippedProfileFolders();
  const all = [join(directory, "profiles"), ...folders];
  const profiles = readOnce(profileLibrary(all, directory));
  const channels = await loadChannels(section("channels"), catalogue, report);
  const devices = await loadDevices(section("devices"), { channels, profiles, report });
  const uplinks = await loadUplinks(section("uplinks"), catalogue, report);
  checkWhole(section, await plainBefore(dataPath), report);
  if (!file || !head) return { config: null, secrets, missing };
  const config: GatewayConfig = {
    ...head,
    buffer: { ...head.buffer, path: dataPath },
    channels: [...channels.values()].flatMap(({ id, driver, settings }): ChannelConfig[] => {
      if (!driver || !settings) return [];
      return [{ id, driver, settings: settings.value, devices: devices.get(id) ?? [] }];
    }),
    uplinks,
  };
  return { config, secrets, missing };
}

/** The file's sections. One with a misspelt name is checked too, under the name it has. */
function checkOutline(value: unknown, report: Report) {
  const unknown: Finding[] = [];
  const file = checkShape({ path: [], value, schema: fileSchema }, (finding) => {
    if (finding.code === "unknown-key") unknown.push(finding);
    report(finding);
  });
  const { value: inner, originals } = renamed(isMap(value) ? value : {}, unknown);
  const reportInside: Report = (finding) => {
    const [first, ...rest] = finding.path;
    const original = originals.get(String(first));
    report(original === undefined ? finding : { ...finding, path: [original, ...rest] });
  };
  return { file, inner, report: reportInside };
}

/** `devices:` with nothing below it is as if it were not written. */
function withoutEmptySections(value: unknown): unknown {
  if (!isMap(value)) return value ?? {};
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null));
}

/** Where references are looked up by a gateway with this data folder. */
export function referencesOf(
  dataPath: string,
  variables: ReferenceSource["variables"],
): ReferenceSource {
  const secretFolders = [join(dataPath, "secrets"), "/etc/headgate/secrets"];
  return { variables, secretFolders, readFile: readIfThere };
}

/** The folder of all that a gateway keeps, whatever else is wrong with its file. */
export function dataPathOf(value: unknown, directory: string): string {
  const buffer = isMap(value) ? value.buffer : undefined;
  const path = isMap(buffer) ? buffer.path : undefined;
  return resolve(directory, typeof path === "string" ? path : "./data");
}

type SectionName = "channels" | "devices" | "uplinks";
type Section = (name: SectionName) => Readonly<Record<string, unknown>>;

function sectionOf(
  value: Readonly<Record<string, unknown>>,
  name: SectionName,
): Readonly<Record<string, unknown>> {
  const part = value[name];
  return isMap(part) ? part : {};
}

/** What no section can see alone. */
function checkWhole(section: Section, before: PlainBefore, report: Report): void {
  for (const name of ["channels", "devices", "uplinks"] as const) {
    checkOverlaps([name], Object.keys(section(name)), report);
  }
  checkUplinks(section("uplinks"), before, report);
  const devices = Object.values(section("devices"));
  const used = new Set(devices.map((device) => (isMap(device) ? device.channel : null)));
  const warning = { at: "key", severity: "warning" } as const;
  // A channel with a proxy is there for others.
  const isIdle = ([id, channel]: readonly [string, unknown]) =>
    !used.has(id) && !(isMap(channel) && channel.proxy !== undefined);
  for (const [channel] of Object.entries(section("channels")).filter(isIdle)) {
    const path: Path = ["channels", channel];
    report({ ...warning, code: "idle-channel", path, params: { channel }, hint: "add-device" });
  }
  if (Object.keys(section("uplinks")).length > 0) return;
  report({ ...warning, code: "no-uplink", path: [], hint: "add-uplink" });
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return null; // Not there, or not ours to read: the finding names the file.
  }
}
