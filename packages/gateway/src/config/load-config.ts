import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { checkShape, isMap } from "./check-shape.ts";
import type { Catalogue, ChannelConfig, GatewayConfig } from "./config.ts";
import { loadChannels, loadUplinks } from "./load-channels.ts";
import { loadDevices } from "./load-devices.ts";
import { hintText, type Lang, messageText } from "./messages.ts";
import { checkGatewayId, checkOverlaps } from "./names.ts";
import { nearest } from "./nearest.ts";
import { type Finding, type Path, type Problem, pathText } from "./problem.ts";
import { profileLibrary, shippedProfileFolders } from "./profile.ts";
import { resolveReferences } from "./references.ts";
import { bufferSchema, fileSchema, gatewaySchema, webSchema } from "./sections.ts";
import { type Place, readSource, type Source } from "./source.ts";

/** A file, or its text with the folder that relative paths start from. */
export type ConfigInput =
  | { readonly path: string }
  | { readonly text: string; readonly directory: string };

/** What a configuration may refer to outside itself. */
export interface ConfigEnvironment {
  /** `process.env`, or what stands for it. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Of messages and hints; English if not given. */
  readonly lang?: Lang;
  /** Folders of device models; the shipped ones if not given. */
  readonly profileFolders?: readonly string[];
}

/** A configuration with its warnings, or every mistake of it. Nothing starts half. */
export type LoadResult =
  | { readonly config: GatewayConfig; readonly warnings: readonly Problem[] }
  | { readonly problems: readonly Problem[] };

/** Reads and checks a whole configuration. Never throws for a mistake in it. */
export async function loadConfig(
  input: ConfigInput,
  catalogue: Catalogue,
  environment: ConfigEnvironment,
): Promise<LoadResult> {
  const lang = environment.lang ?? "en";
  const directory = "path" in input ? dirname(resolve(input.path)) : resolve(input.directory);
  let text: string;
  try {
    text = "path" in input ? await readFile(input.path, "utf8") : input.text;
  } catch (error) {
    const params = { why: error instanceof Error ? error.message : String(error) };
    const finding: Finding = { code: "file-unreadable", path: [], at: "value", params };
    const place = { line: 0, column: 0, length: 0 };
    return { problems: [inWords({ ...finding, hint: "check-path" }, place, { lang, hide: [] })] };
  }
  const source = readSource(text);
  const findings: Finding[] = [];
  const report = (finding: Finding) => void findings.push(finding);
  const part = { source, directory, catalogue, environment, report };
  const checked = source.isReadable ? await checkFile(part) : null;
  const hide = checked?.secrets ?? [];
  const missing = checked?.missing ?? [];
  const problems = [
    ...source.problems.map(({ finding, place }) => inWords(finding, place, { lang, hide })),
    ...findings
      .filter((finding) => isSayable(finding, missing))
      .map((finding) => inWords(finding, source.locate(finding.path, finding.at), { lang, hide })),
  ].toSorted((a, b) => a.line - b.line || a.column - b.column);
  const isGood = problems.every(({ severity }) => severity === "warning");
  return isGood && checked?.config ? { config: checked.config, warnings: problems } : { problems };
}

/** Nothing can be said about a value whose reference is missing but that. */
function isSayable({ code, path }: Finding, missing: readonly string[]): boolean {
  const isAboutReference = code === "missing-secret" || code === "missing-variable";
  return isAboutReference || !missing.includes(JSON.stringify(path));
}

interface FilePart {
  readonly source: Source;
  readonly directory: string;
  readonly catalogue: Catalogue;
  readonly environment: ConfigEnvironment;
  readonly report: (finding: Finding) => void;
}

async function checkFile({ source, directory, catalogue, environment, report }: FilePart) {
  const raw = withoutEmptySections(source.value);
  const path = isMap(raw) && isMap(raw["buffer"]) ? raw["buffer"]["path"] : undefined;
  const dataPath = resolve(directory, typeof path === "string" ? path : "./data");
  const secretFolders = [join(dataPath, "secrets"), "/etc/headgate/secrets"];
  const lookUp = { variables: environment.variables, secretFolders, readFile: readIfThere };
  const { value, secrets, missing } = await resolveReferences(raw, lookUp, report);
  const file = checkShape({ path: [], value, schema: fileSchema }, report)?.value;
  const section = (name: "channels" | "devices" | "uplinks") => {
    const part = isMap(value) ? value[name] : undefined;
    return isMap(part) ? part : {};
  };
  const head = checkHead(isMap(value) ? value : {}, report);
  const folders = environment.profileFolders ?? shippedProfileFolders();
  const profiles = profileLibrary([join(directory, "profiles"), ...folders]);
  const channels = await loadChannels(section("channels"), catalogue, report);
  const devices = await loadDevices(section("devices"), { channels, profiles, report });
  const uplinks = await loadUplinks(section("uplinks"), catalogue, report);
  warnOfIdle(section, report);
  const { gateway, buffer, web } = head;
  if (!file || !gateway || !buffer || web === undefined) return { config: null, secrets, missing };
  const config: GatewayConfig = {
    gateway,
    buffer: {
      path: dataPath,
      capacityBytesMax: buffer.capacity,
      mediaCapacityBytesMax: buffer.mediaCapacity,
      commitIntervalMs: buffer.commitInterval,
    },
    channels: [...channels.values()].flatMap(({ id, driver, settings }): ChannelConfig[] => {
      if (!driver || !settings) return [];
      return [{ id, driver, settings: settings.value, devices: devices.get(id) ?? [] }];
    }),
    uplinks,
    web,
  };
  return { config, secrets, missing };
}

/** `devices:` with nothing below it is as if it were not written. */
function withoutEmptySections(value: unknown): unknown {
  if (!isMap(value)) return value ?? {};
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null));
}

function checkHead(value: Readonly<Record<string, unknown>>, report: (f: Finding) => void) {
  if (value["gateway"] === undefined) {
    const params = { key: "gateway", example: "gateway: { id: my-gateway }" };
    report({ code: "missing-key", path: [], at: "key", params, hint: "write-this" });
  }
  const part = <T>(name: string, schema: { parse(input: unknown): T }) =>
    checkShape({ path: [name], value: value[name] ?? {}, schema }, report)?.value;
  const gateway = value["gateway"] === undefined ? undefined : part("gateway", gatewaySchema);
  if (gateway) {
    checkGatewayId(gateway.id, report);
    checkTimezone(gateway.timezone, report);
  }
  return {
    gateway: gateway && { ...gateway, name: gateway.name ?? gateway.id },
    buffer: part("buffer", bufferSchema),
    web: value["web"] === false ? null : part("web", webSchema),
  };
}

function checkTimezone(value: string, report: (finding: Finding) => void): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: value });
  } catch {
    // That it throws is the only way to know an unknown zone.
    const near = nearest(value, Intl.supportedValuesOf("timeZone"));
    const params = { value, nearest: near ?? "", example: "timezone: Asia/Shanghai" };
    const hint = near ? "did-you-mean" : "write-this";
    const path = ["gateway", "timezone"];
    report({ code: "unknown-timezone", path, at: "value", params, hint });
  }
}

type Section = (name: "channels" | "devices" | "uplinks") => Readonly<Record<string, unknown>>;

function warnOfIdle(section: Section, report: (finding: Finding) => void): void {
  const devices = Object.values(section("devices"));
  const used = new Set(devices.map((device) => (isMap(device) ? device["channel"] : null)));
  const warning = { at: "key", severity: "warning" } as const;
  for (const channel of Object.keys(section("channels"))) {
    if (used.has(channel)) continue;
    const path: Path = ["channels", channel];
    report({ ...warning, code: "idle-channel", path, params: { channel }, hint: "add-device" });
  }
  checkOverlaps(["channels"], Object.keys(section("channels")), report);
  checkOverlaps(["uplinks"], Object.keys(section("uplinks")), report);
  if (Object.keys(section("uplinks")).length === 0) {
    report({ ...warning, code: "no-uplink", path: ["uplinks"], hint: "add-uplink" });
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return null; // Not there, or not ours to read: the finding names the file.
  }
}

interface Words {
  readonly lang: Lang;
  /** Texts that must not be shown. */
  readonly hide: readonly string[];
}

function inWords(finding: Finding, place: Place, { lang, hide }: Words): Problem {
  const { code, path, hint, severity = "error" } = finding;
  const masked = Object.entries(finding.params ?? {}).map(([key, value]) => [
    key,
    mask(value, hide),
  ]);
  const params = Object.fromEntries(masked);
  return {
    severity,
    code,
    ...place,
    path: pathText(path),
    message: messageText(code, lang, params),
    hint: hint ? hintText(hint, lang, params) : "",
  };
}

function mask(text: string, hide: readonly string[]): string {
  return hide.reduce((masked, secret) => masked.replaceAll(secret, "***"), text);
}
