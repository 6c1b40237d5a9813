import { stringify } from "yaml";
import { pointsWithout } from "./absent-points.ts";
import type { FoundDevice } from "./found-device.ts";

/** What a configuration needs for the devices that were found. */
export interface Addition {
  readonly channels: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly devices: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Devices that are not among them, and why. */
  readonly leftOut: readonly string[];
}

/** What is in the configuration already. */
export interface Existing {
  readonly channels: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly devices: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const NOTHING: Existing = { channels: {}, devices: {} };

/**
 * Channels and devices for what was found, under names that are free. Who cannot be told from
 * others stands there with the first of them; whom no profile fits is left out, and told.
 */
export function additionOf(found: readonly FoundDevice[], existing = NOTHING): Addition {
  const channels: Record<string, Readonly<Record<string, unknown>>> = {};
  const devices: Record<string, Readonly<Record<string, unknown>>> = {};
  const leftOut: string[] = [];
  const names = new Map<string, string>();
  for (const one of found) {
    const [best] = one.proposals;
    const why = reasonToLeaveOut(one);
    if (why !== null || !best) {
      leftOut.push(`${one.where}: ${why ?? "no profile fits"}`);
      continue;
    }
    const key = placeOf(one.channel);
    const known = Object.entries(existing.channels).find(([, given]) => placeOf(given) === key);
    const channel =
      known?.[0] ?? names.get(key) ?? freeName("line", { ...existing.channels, ...channels });
    names.set(key, channel);
    if (!known) channels[channel] = one.channel;
    const own = Object.entries(existing.devices).find(([, given]) =>
      isSame(given, { channel, ...one.device }),
    );
    if (own) {
      leftOut.push(`${one.where}: it is there already, as ${own[0]}`);
      continue;
    }
    const name = freeName(best.profile, { ...existing.devices, ...devices });
    const variant = best.variant === null ? {} : { variant: best.variant };
    devices[name] = {
      channel,
      ...one.device,
      profile: best.profile,
      ...variant,
      ...pointsWithout(one, best),
    };
  }
  return { channels, devices, leftOut };
}

function reasonToLeaveOut({ trouble, verdict }: FoundDevice): string | null {
  if (trouble === "conflict") return "two devices answer there";
  if (trouble === "garbled") return "its answers are garbled";
  return verdict === "weak" ? "no profile fits for sure" : null;
}

/** Two channels are one if they lead to one port in one protocol; meters may differ in speed. */
export function placeOf(channel: Readonly<Record<string, unknown>>): string {
  const { driver, path, host, port = driver === "onvif" ? 80 : 502, endpoint } = channel;
  const place = host !== undefined ? `${host}:${port}` : String(endpoint ?? path);
  const family = /^(dlt645|cjt188)/.exec(String(driver))?.[1];
  if (family === undefined) return place;
  const { baudRate = 2400, parity = "even" } = channel;
  return `${place} ${family} ${baudRate} ${parity}`;
}

/** Whether a device of a configuration has these settings. */
export function isSame(
  given: Readonly<Record<string, unknown>>,
  device: Readonly<Record<string, unknown>>,
): boolean {
  return Object.entries(device).every(([key, value]) => given[key] === value);
}

/** "eastron-sdm630", then "eastron-sdm630-2". */
export function freeName(wanted: string, taken: Readonly<Record<string, unknown>>): string {
  if (wanted !== "line" && !Object.hasOwn(taken, wanted)) return wanted;
  let number = wanted === "line" ? 1 : 2;
  while (Object.hasOwn(taken, `${wanted}-${number}`)) number++;
  return `${wanted}-${number}`;
}

/** As a person pastes it into a configuration, with what is not certain beside it. */
export function snippetOf(found: readonly FoundDevice[]): string {
  const { channels, devices, leftOut } = additionOf(found);
  const doubts = found
    .filter(({ verdict, trouble }) => verdict === "several" && trouble === null)
    .map(({ where, proposals }) => {
      const others = proposals.slice(1).map(({ profile, variant }) => nameOf(profile, variant));
      return `# ${where} may as well be ${others.join(" or ")}; compare with its nameplate.\n`;
    });
  const rest = leftOut.map((text) => `# Not here: ${text}.\n`);
  if (Object.keys(devices).length === 0) return [...doubts, ...rest].join("");
  return [stringify({ channels, devices }), ...doubts, ...rest].join("");
}

/** "chint-dtsu666, variant a". */
export function nameOf(profile: string, variant: string | null): string {
  return variant === null ? profile : `${profile}, variant ${variant}`;
}
