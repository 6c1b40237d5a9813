import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "@headgate/model";
import { z } from "zod";
import { replaceFile, textIfThere } from "../access/durable-file.ts";
import type { GatewayConfig, UplinkConfig } from "./config.ts";
import { plainPlace } from "./plain-address.ts";

// A gateway that sent in clear before this had to be allowed goes on: an update strands no box.
// Which uplinks did is kept at its first start since; whatever comes after must say it.

const pathIn = (dataPath: string) => join(dataPath, "config", "plain-before.json");
const schema = z.record(z.string(), z.string());

/** Whether an uplink sent in clear to that place before it had to be allowed. */
export type PlainBefore = (id: string, place: string) => boolean;

/** What is known of it in a gateway's folder. */
export async function plainBefore(dataPath: string): Promise<PlainBefore> {
  const text = await textIfThere(pathIn(dataPath)).catch(() => {
    return null; // Not this user's to read, as its secrets are not.
  });
  if (text !== null) {
    const known = knownIn(text);
    // Damaged: whatever it said, the box is to go on.
    if (known === null) return () => true;
    return (id, place) => known.get(id) === place;
  }
  // One that has kept samples and no such file is older than this; a new one has neither.
  const isOlder = existsSync(join(dataPath, "buffer.db"));
  return () => isOlder;
}

function knownIn(text: string): ReadonlyMap<string, string> | null {
  try {
    return new Map(Object.entries(schema.parse(JSON.parse(text))));
  } catch {
    return null; // No JSON, or not of this shape.
  }
}

/** At a gateway's start: says which uplinks send in clear unasked, and keeps which ever may. */
export async function keepPlainBefore({ buffer, uplinks }: GatewayConfig, log: Log): Promise<void> {
  const places = uplinks.flatMap((uplink) => {
    const place = unallowedPlace(uplink);
    return place === null ? [] : [[uplink.id, place] as const];
  });
  for (const [uplink, place] of places) {
    const todo = "write mqtts://, or allowPlain: true where a VPN or a closed network protects it";
    log.warn("an uplink sends in clear to another machine", { uplink, place, todo });
  }
  const path = pathIn(buffer.path);
  try {
    if ((await textIfThere(path)) !== null) return;
    await replaceFile(path, `${JSON.stringify(Object.fromEntries(places))}\n`);
  } catch (error) {
    // A full disk is no reason to send nothing: the next start tries again.
    log.warn("which uplinks send in clear is not kept", { error });
  }
}

function unallowedPlace({ settings, allowPlain }: UplinkConfig): string | null {
  if (allowPlain === true) return null;
  const { url } = (settings ?? {}) as { url?: unknown };
  return plainPlace(url)?.place ?? null;
}
