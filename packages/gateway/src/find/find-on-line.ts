import {
  type Context,
  type Driver,
  type LineSearch,
  type Look,
  Unreachable,
} from "@headgate/model";
import type { Profile } from "../config/profile-schema.ts";
import { candidatesFor, candidatesOf } from "./candidates.ts";
import type { FindEvent, FoundDevice } from "./found-device.ts";
import { identifyDevice } from "./identify.ts";

/** A line as it is opened to look who is on it. */
export interface SearchedLine {
  readonly driver: Driver;
  /** As the configuration writes it, without `driver`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Of the search alone: what a device that was found need not have written. */
  readonly tuning: Readonly<Record<string, unknown>>;
  /** Instead of what the driver makes of both: what it made of a channel. */
  readonly config?: unknown;
  /** For people: "/dev/ttyUSB0 9600 8N1". */
  readonly name: string;
  /** How long a unit may take to answer while it is looked for. */
  readonly timeoutMs: number;
  /** Whether units are told apart by hearing: then late answers give away who was missed. */
  readonly isShared: boolean;
}

/** What a search is lent. */
export interface FindScope {
  readonly profiles: readonly Profile[];
  readonly context: Context;
  readonly emit: (event: FindEvent) => void;
}

/** Patience with one whose late answer was heard. */
const LATE_FACTOR = 5;
/** Garbled ids after which, with no device found, the settings of the line are wrong. */
const GARBLED_MAX = 3;

/** What looks at some ids of a line came to. */
export interface Looks {
  readonly found: readonly FoundDevice[];
  /** Something was heard that was never whole. */
  readonly isGarbled: boolean;
}

/** Opens a line for a search. Rejects as `Driver.open` does. */
export async function openSearch(
  { driver, settings, tuning, timeoutMs, config }: SearchedLine,
  context: Context,
): Promise<LineSearch> {
  if (!driver.search) throw new Error(`${driver.type} has no search`);
  const written = { ...settings, ...tuning, timeout: timeoutMs };
  return await driver.search(config ?? driver.configSchema.parse(written), context);
}

/** Looks at these ids, one after the other; tells of each that is there at once. */
export async function lookAtUnits(
  search: LineSearch,
  line: SearchedLine,
  { unitIds, scope, onLook }: LookOptions,
): Promise<Looks> {
  const { signal } = scope.context;
  const found = new Map<number, FoundDevice>();
  const garbled: FoundDevice[] = [];
  const others = new Set<number>();
  const look = async (unitId: number, timeoutMs: number) => {
    const seen = await search.look(deviceFor(line.driver, { unitId, timeout: timeoutMs }), signal);
    for (const other of seen.others) others.add(other);
    if (seen.outcome === "absent") return;
    const device = foundOf(line, seen);
    if (seen.outcome === "garbled") garbled.push(device);
    else found.set(unitId, device);
    if (seen.outcome !== "garbled") scope.emit({ kind: "found", found: device });
  };
  for (const unitId of unitIds) {
    if (signal.aborted) break;
    if (garbled.length >= GARBLED_MAX && found.size === 0) break;
    onLook(unitId);
    await look(unitId, line.timeoutMs);
  }
  for (const unitId of line.isShared ? others : []) {
    if (signal.aborted || found.has(unitId)) continue;
    await look(unitId, line.timeoutMs * LATE_FACTOR);
  }
  // Beside units that are heard well, what is garbled is not the line's settings.
  const troubled = found.size > 0 ? garbled : [];
  for (const device of troubled) scope.emit({ kind: "found", found: device });
  return { found: [...found.values(), ...troubled], isGarbled: garbled.length > 0 };
}

/**
 * Calls the meters of a line, which have long numbers; tells of each that is heard at once. Each is
 * asked by its number before it is believed: a sum of eight bits passes one frame of noise in 256.
 */
export async function callMeters(
  search: LineSearch,
  line: SearchedLine,
  { scope, onAsk }: CallOptions,
): Promise<Looks> {
  const { signal } = scope.context;
  const found: FoundDevice[] = [];
  let isGarbled = false;
  for await (const heard of search.call?.(onAsk, signal) ?? []) {
    if (heard.outcome === "garbled") isGarbled = true;
    if (heard.outcome !== "present") continue;
    const seen = await search.look(deviceFor(line.driver, heard.device), signal);
    if (seen.outcome === "absent") continue;
    const device = foundOf(line, { ...seen, device: heard.device });
    found.push(device);
    scope.emit({ kind: "found", found: device });
  }
  return { found, isGarbled };
}

interface CallOptions {
  readonly scope: FindScope;
  readonly onAsk: (waitingCount: number) => void;
}

interface LookOptions {
  readonly unitIds: readonly number[];
  readonly scope: FindScope;
  readonly onLook: (unitId: number) => void;
}

/** Reads what each of them is. One that cannot be read now stays as it was. */
export async function identifyAll(
  search: LineSearch,
  line: SearchedLine,
  { found, scope, onRead }: IdentifyOptions,
): Promise<void> {
  const { profiles, context, emit } = scope;
  const { signal } = context;
  const all = candidatesFor(profiles, line.driver);
  for (const [index, device] of found.entries()) {
    if (signal.aborted) return;
    if (device.trouble !== null) continue;
    onRead(device, index);
    const candidates = candidatesOf(all, line.driver, device.device);
    const parsed = deviceFor(line.driver, device.device);
    const asked = { search, candidates, signal };
    try {
      emit({ kind: "found", found: { ...device, ...(await identifyDevice(parsed, asked)) } });
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      if (!signal.aborted) throw error;
    }
  }
}

interface IdentifyOptions {
  readonly found: readonly FoundDevice[];
  readonly scope: FindScope;
  readonly onRead: (device: FoundDevice, index: number) => void;
}

function deviceFor(driver: Driver, settings: Readonly<Record<string, unknown>>): unknown {
  return driver.deviceSchema?.parse(settings);
}

function foundOf({ driver, settings, name }: SearchedLine, look: Look): FoundDevice {
  const { outcome, device, said, answerMs } = look;
  return {
    channel: { driver: driver.type, ...settings },
    device,
    where: [name, ...placeOf(device)].join(" "),
    trouble: outcome === "conflict" || outcome === "garbled" ? outcome : null,
    said,
    answerMs,
    identity: null,
    verdict: "none",
    proposals: [],
  };
}

/** "unit 3", or "meter 000012345678". */
function placeOf({ unitId, meter }: Look["device"]): string[] {
  return [
    ...(unitId === undefined ? [] : [`unit ${unitId}`]),
    ...(meter === undefined ? [] : [`meter ${meter}`]),
  ];
}
