import type { Driver } from "@headgate/model";
import type { Catalogue } from "../config/config.ts";
import type { SearchedLine } from "./find-on-line.ts";

/** Protocols whose meters are called, all at once: they have long numbers. */
export const CALLED = ["dlt645", "cjt188"] as const;
export type Called = (typeof CALLED)[number];

/** The standards let a meter think for half a second before it answers. */
export const CALL_TIMEOUT_MS = 600;

/** A port or a serial server, as channels of every protocol write it. */
export type Place = Readonly<Record<string, unknown>>;

/** The drivers of these protocols for such a place; none that this program has not. */
export async function callDrivers(
  drivers: Catalogue["drivers"],
  { protocols, isSocket }: { readonly protocols: readonly Called[]; readonly isSocket: boolean },
): Promise<Driver[]> {
  const types = protocols.map((protocol) => (isSocket ? `${protocol}-tcp` : protocol));
  const loaded = await Promise.all(types.map((type) => drivers[type]?.()));
  return loaded.filter((driver) => driver !== undefined);
}

/** The line at this place, to call the meters of a protocol. */
export function callLine(driver: Driver, settings: Place, name: string): SearchedLine {
  return { driver, settings, tuning: {}, name, timeoutMs: CALL_TIMEOUT_MS, isShared: true };
}
