/** A place on the network that a person named. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Nobody means to knock at more doors than these at once. */
export const HOSTS_MAX = 1024;

/**
 * "192.168.1.10", "plc.local:5020", "192.168.1.20-40", "192.168.1.0/24", each with ":port" if it
 * is another: the places it names, or what is wrong with it.
 */
export function readHosts(text: string, defaultPort: number): readonly HostPort[] | string {
  const [, place = "", written] = /^(.*?)(?::(\d+))?$/.exec(unbracketed(text.trim())) ?? [];
  const port = Number(written ?? defaultPort);
  if (port < 1 || port > 65_535) return `${text}: a port is a number from 1 to 65535`;
  const hosts = /^[\d./-]+$/.test(place) ? readRange(place) : [place];
  if (typeof hosts === "string") return hosts;
  if (place === "") return `${JSON.stringify(text)} names no host`;
  return hosts.map((host) => ({ host: host.replaceAll("|", ":"), port }));
}

/** "[fe80::1]:502": its colons are none of a port. */
function unbracketed(text: string): string {
  return text.replace(/^\[(.*?)\]/, (_, inner: string) => inner.replaceAll(":", "|"));
}

function readRange(place: string): readonly string[] | string {
  const [, first = "", last, bits] = /^([\d.]+)(?:-([\d.]+)|\/(\d+))?$/.exec(place) ?? [];
  const from = numberOf(first);
  if (from === null) return `${place} is no address; write 192.168.1.10, …10-40 or …0/24`;
  const [start, end] = bits === undefined ? [from, endOf(from, last)] : network(from, Number(bits));
  if (end === null || end < start) return `${place}: the range ends before it begins`;
  const count = end - start + 1;
  if (count > HOSTS_MAX) return `${place} are ${count} addresses, more than ${HOSTS_MAX}`;
  return Array.from({ length: count }, (_, index) => textOf(start + index));
}

/** Of "192.168.1.20-40" only the last part is written. */
function endOf(from: number, last: string | undefined): number | null {
  if (last === undefined) return from;
  if (last.includes(".")) return numberOf(last);
  return Number(last) > 255 ? null : from - (from % 256) + Number(last);
}

/** Without the network's own address and that of all. */
function network(from: number, bits: number): [number, number | null] {
  if (bits > 32) return [from, null];
  const size = 2 ** (32 - bits);
  const start = from - (from % size);
  return size <= 2 ? [start, start + size - 1] : [start + 1, start + size - 2];
}

function numberOf(text: string): number | null {
  const parts = text.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return null;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

function textOf(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/** "1-32,40": whole numbers, each once, in order; or what is wrong. */
export function readNumbers(text: string, [min, max]: readonly [number, number]) {
  const numbers = new Set<number>();
  for (const part of text.split(",")) {
    const [, first, last] = /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(part) ?? [];
    const from = Number(first);
    const to = Number(last ?? first);
    if (first === undefined || from < min || to > max || to < from) {
      return `${JSON.stringify(part)}: write numbers from ${min} to ${max}, such as 1-32,40`;
    }
    for (let number = from; number <= to; number++) numbers.add(number);
  }
  return [...numbers];
}
