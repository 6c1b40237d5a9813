import { Misconfigured } from "@headgate/model";
import type { ConfigEdit } from "../configuration/edit-text.ts";
import { pointsWithout } from "./absent-points.ts";
import { thingKey } from "./finder.ts";
import type { FoundThing } from "./scouts.ts";
import { type Existing, freeName, isSame, placeOf } from "./snippet.ts";

/** A found thing that is wanted, and how. */
export interface Pick {
  /** Of `thingKey`. */
  readonly key: string;
  /** In the configuration, and for people: "奶罐 1" becomes the id 奶罐-1. */
  readonly name: string;
  /** Of a meter; null: it has points of its own, and begins with one. */
  readonly profile: string | null;
  readonly variant: string | null;
  /** Of that one point; empty: where most devices have something. */
  readonly address: string;
  readonly username: string;
  readonly password: string;
}

/** What a found thing is to this configuration. */
export interface Standing {
  /** The device that it is already; null for one that is new. */
  readonly existing: string | null;
  /** A free name for it. */
  readonly name: string;
}

/** For each thing: whether it is there already, and under which name it would come. */
export function standingsOf(
  things: readonly FoundThing[],
  existing: Existing,
): readonly (FoundThing & Standing & { readonly key: string })[] {
  const taken: Record<string, unknown> = { ...existing.devices, ...existing.channels };
  return things.map((thing) => {
    const own = existingOf(thing, existing);
    const name = own ?? freeName(wantedName(thing), taken);
    taken[name] = thing;
    return { ...thing, key: thingKey(thing), existing: own, name };
  });
}

function wantedName({ kind, proposals, channel, device, identity }: FoundThing): string {
  if (kind !== "meter") return idOf(identity?.model ?? "") || kind;
  const [best] = proposals;
  if (best) return best.profile;
  return `unit-${Object.values(device).join("-") || idOf(String(channel.host))}`;
}

/** A name as an id: letters of any script, digits, "-", "_" and "."; empty if nothing is left. */
export function idOf(name: string): string {
  const plain = name
    .normalize("NFC")
    .trim()
    .replaceAll(/[^\p{L}\p{N}\p{M}._-]+/gu, "-");
  return plain.replace(/^[^\p{L}\p{N}]+|-+$/gu, "").slice(0, 64);
}

function channelIdOf({ channel }: FoundThing, { channels }: Existing): string | null {
  const key = placeOf(channel);
  return Object.entries(channels).find(([, given]) => placeOf(given) === key)?.[0] ?? null;
}

function existingOf(thing: FoundThing, existing: Existing): string | null {
  const channel = channelIdOf(thing, existing);
  if (channel === null) return null;
  const own = Object.entries(existing.devices).find(([, given]) =>
    isSame(given, { channel, ...thing.device }),
  );
  return own?.[0] ?? null;
}

/** What to read of a camera, and of any OPC UA server, before a person says more. */
const CAMERA_POINTS = { snapshot: { address: "snapshot:main", every: "5 min" } };
const SERVER_POINTS = { "server-state": { address: "i=2259" } };

/**
 * A device without points could not be read at all: one is there to begin with, which the inspector
 * then shows in all its meanings.
 */
const FIRST_POINT = "first";
const FIRST_ADDRESSES: Readonly<Record<string, string>> = {
  modbus: "holding:0",
  dlt645: "00000000",
  cjt188: "volume.total",
};

/** What became of a pick. */
export interface AddedDevice {
  readonly key: string;
  readonly device: string;
  /** Where to go on with a device without a profile; null for all others. */
  readonly firstPoint: string | null;
}

/** What adds things to a configuration, and the devices that they become. */
export interface AdditionEdits {
  readonly edits: readonly ConfigEdit[];
  readonly added: readonly AddedDevice[];
  /** Where passwords were typed. */
  readonly secrets: readonly (readonly string[])[];
}

/**
 * The edits that add these things, with the channels that they need. Throws `Misconfigured` where a
 * name is taken.
 */
export function additionEdits(
  things: readonly FoundThing[],
  picks: readonly Pick[],
  existing: Existing,
): AdditionEdits {
  const channels: Record<string, Readonly<Record<string, unknown>>> = { ...existing.channels };
  const edits: ConfigEdit[] = [];
  const added: AddedDevice[] = [];
  const secrets: (readonly string[])[] = [];
  for (const pick of picks) {
    const thing = things.find((one) => thingKey(one) === pick.key);
    if (!thing) continue;
    const id = freeId(idOf(pick.name) || wantedName(thing), added, existing);
    const known = channelIdOf(thing, { ...existing, channels });
    const isLine = thing.kind === "meter";
    const channel = known ?? freeName(isLine ? "line" : id, channels);
    if (known === null) {
      const login = loginOf(thing, pick);
      channels[channel] = { ...thing.channel, ...login };
      if (login.password) secrets.push(["channels", channel, "password"]);
      edits.push({ path: ["channels", channel], value: channels[channel] });
    }
    const named = pick.name.trim() === id ? {} : { name: pick.name.trim() };
    const firstPoint = isLine && pick.profile === null ? FIRST_POINT : null;
    added.push({ key: pick.key, device: id, firstPoint });
    edits.push({
      path: ["devices", id],
      value: { channel, ...named, ...thing.device, ...contentOf(thing, pick) },
    });
  }
  return { edits, added, secrets };
}

/** What is there is not replaced by what was found. */
function freeId(id: string, added: readonly AddedDevice[], { devices }: Existing): string {
  if (!Object.hasOwn(devices, id) && !added.some(({ device }) => device === id)) return id;
  throw new Misconfigured(`there is a device "${id}" already; give the new one another name`);
}

function loginOf({ kind }: FoundThing, { username, password }: Pick): Record<string, string> {
  return kind !== "meter" && username !== "" ? { username, password } : {};
}

function contentOf(thing: FoundThing, pick: Pick): Record<string, unknown> {
  const { kind, channel } = thing;
  const { profile, variant, address } = pick;
  if (kind === "camera") return { points: CAMERA_POINTS };
  if (kind === "server") return { points: SERVER_POINTS };
  if (profile !== null) {
    const without = pointsWithout(thing, { profile, variant });
    return { profile, ...(variant !== null && { variant }), ...without };
  }
  const family = String(channel.driver).split("-")[0] ?? "";
  const place = address.trim() || (FIRST_ADDRESSES[family] ?? "");
  const type = family === "modbus" ? { type: "uint16" } : {};
  return { points: { [FIRST_POINT]: { address: place, ...type } } };
}
