import { Misconfigured } from "@headgate/model";
import { isLoopback } from "../http/web-defaults.ts";

/** What sends all it is given as it is, for whoever is on the way to read and to change. */
const IN_CLEAR: readonly string[] = ["mqtt:", "ws:", "http:", "nats:"];

const SAFE: Readonly<Record<string, string>> = { mqtt: "mqtts", ws: "wss", nats: "tls" };

/** Another machine that would be spoken to in clear. */
export interface PlainPlace {
  readonly scheme: string;
  /** Without login and path: "mqtt://broker:1883". */
  readonly place: string;
}

/** Refuses, on a command line, what speaks in clear to another machine unless that is allowed. */
export function refusePlain(what: string, address: string, allowPlain: boolean | undefined): void {
  const plain = plainPlace(address);
  if (plain === null || allowPlain === true) return;
  const safe = SAFE[plain.scheme] ?? "https";
  const where = "where a VPN or a closed network protects it";
  throw new Misconfigured(
    `${what}: ${plain.place} is not encrypted; write ${safe}://, or allow it ${where}: ` +
      "--allow-plain, in a file of sinks allowPlain: true",
  );
}

/** Where an address sends in clear to another machine; null where it does not. */
export function plainPlace(address: unknown): PlainPlace | null {
  if (typeof address !== "string" || !URL.canParse(address)) return null;
  const { protocol, hostname, host } = new URL(address);
  if (!IN_CLEAR.includes(protocol) || isLoopback(hostname)) return null;
  return { scheme: protocol.slice(0, -1), place: `${protocol}//${host}` };
}
