import { isIP } from "node:net";
import type { GatewayConfig } from "../config/config.ts";
import { isLoopback } from "../http/web-defaults.ts";

/** A port of another machine that the configuration names. */
export interface Place {
  /** "channel line-1": for people. */
  readonly what: string;
  /** A name or an address, without brackets and zone. */
  readonly host: string;
  readonly port: number;
}

const PORTS: Readonly<Record<string, number>> = {
  ...{ "mqtt:": 1883, "mqtts:": 8883, "ws:": 80, "wss:": 443 },
  ...{ "http:": 80, "https:": 443, "opc.tcp:": 4840 },
};
/** A camera is asked on one port, and may have its pictures on the usual ones. */
const MORE_PORTS: Readonly<Record<string, readonly number[]>> = { onvif: [80, 443] };

/** Every place that channels and uplinks go to, without those on this machine. */
export function declaredPlaces({ channels, uplinks }: GatewayConfig): readonly Place[] {
  const all = [
    ...channels.flatMap(({ id, driver, settings }) => {
      const own = placesIn(settings, `channel ${id}`);
      const more = MORE_PORTS[driver.type] ?? [];
      return own.flatMap((place) => [place, ...more.map((port) => ({ ...place, port }))]);
    }),
    ...uplinks.flatMap(({ id, settings }) => placesIn(settings, `uplink ${id}`)),
  ];
  const known = new Set<string>();
  return all.filter(({ what, host, port }) => {
    const key = `${what}\0${host}\0${port}`;
    if (isLoopback(host) || known.has(key)) return false;
    known.add(key);
    return true;
  });
}

/** Settings are each driver's own; what all have in common is `host` with `port`, and addresses. */
function placesIn(settings: unknown, what: string): readonly Place[] {
  if (typeof settings === "string") return placeOf(settings, what);
  if (typeof settings !== "object" || settings === null) return [];
  const { host, port } = settings as { host?: unknown; port?: unknown };
  const isPlace = typeof host === "string" && typeof port === "number";
  return [
    ...(isPlace ? [{ what, host: plainHost(host), port }] : []),
    ...Object.values(settings).flatMap((part) => placesIn(part, what)),
  ];
}

function placeOf(address: string, what: string): readonly Place[] {
  const url = URL.parse(address);
  const usual = PORTS[url?.protocol ?? ""];
  if (!url || usual === undefined || url.hostname === "") return [];
  return [{ what, host: plainHost(url.hostname), port: Number(url.port) || usual }];
}

const MAPPED = /^::ffff:(?:(\d+(?:\.\d+){3})|([\da-f]{1,4}):([\da-f]{1,4}))$/i;
const octetsOf = (half: number) => [half >> 8, half & 0xff];

function plainHost(host: string): string {
  const bare = host.replace(/^\[|\]$/g, "");
  const [address = ""] = bare.split("%");
  if (isIP(address) === 0) return bare;
  // IPv6's way to write IPv4: what is sent is IPv4. A URL has it in hexadecimal digits.
  const [, version4, high, low] = MAPPED.exec(address) ?? [];
  if (version4 !== undefined) return version4;
  if (high === undefined || low === undefined) return address;
  return [high, low].flatMap((part) => octetsOf(Number.parseInt(part, 16))).join(".");
}
