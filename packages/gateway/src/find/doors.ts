import { isIPv6 } from "node:net";
import { type HostPort, readHosts } from "./hosts.ts";

/** What may be behind a port. */
export type DoorKind = "meter" | "camera" | "server";

/** A port of a host, and what is asked of it if it is open, the likeliest first. */
export interface Door extends HostPort {
  readonly kinds: readonly DoorKind[];
}

/** Where each kind is, if nobody says otherwise. */
const USUAL: readonly (readonly [port: number, kind: DoorKind])[] = [
  [502, "meter"],
  [80, "camera"],
  [4840, "server"],
];
const CAMERA_PORTS = [80, 88, 443, 2020, 8000, 8080, 8899];
const isServerPort = (port: number) => port >= 4840 && port <= 4899;

/**
 * The doors that a text names: "192.168.1.10", "plc:5020", "10.0.0.0/28", "opc.tcp://plc", several
 * with commas or spaces between them. Or what is wrong with it.
 */
export function readDoors(text: string): readonly Door[] | string {
  const doors = new Map<string, Door>();
  for (const word of text.split(/[\s,;，；、]+/).filter((part) => part !== "")) {
    const read = doorsOf(word);
    if (typeof read === "string") return read;
    for (const door of read) doors.set(`${door.host}:${door.port}`, door);
  }
  return [...doors.values()];
}

function doorsOf(word: string): readonly Door[] | string {
  if (/^(opc\.tcp|https?):\/\//.test(word)) return doorOfUrl(word);
  const hosts = readHosts(word, 502);
  if (typeof hosts === "string") return hosts;
  const hasPort = /[^:]:\d+$/.test(word.replace(/^\[.*?\]/, "x"));
  if (hasPort) return hosts.map((place) => ({ ...place, kinds: kindsAt(place.port) }));
  return hosts.flatMap(({ host }) => USUAL.map(([port, kind]) => ({ host, port, kinds: [kind] })));
}

function doorOfUrl(word: string): readonly Door[] | string {
  if (!URL.canParse(word)) return `${word} is no address`;
  const { protocol, hostname, port } = new URL(word);
  const host = hostname.replace(/^\[|\]$/g, "");
  if (protocol === "opc.tcp:") {
    return [{ host, port: Number(port || 4840), kinds: ["server"] }];
  }
  return [{ host, port: Number(port || (protocol === "https:" ? 443 : 80)), kinds: ["camera"] }];
}

function kindsAt(port: number): readonly DoorKind[] {
  if (CAMERA_PORTS.includes(port)) return ["camera", "meter", "server"];
  return isServerPort(port) ? ["server", "meter", "camera"] : ["meter", "camera", "server"];
}

/** "192.168.1.10:502", "[fe80::1]:502". */
export function doorText({ host, port }: HostPort): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
