import { networkInterfaces } from "node:os";
import { askCamera, type FoundCamera, probeNetwork } from "@headgate/drivers/find";
import { type Context, Misconfigured, Refused, Unreachable } from "@headgate/model";
import { stringify } from "yaml";
import { HOSTS_MAX, readHosts } from "../find/hosts.ts";
import { AbsentHosts } from "./absent-hosts.ts";

/** Where cameras are looked for: by a call on a network, and at places named. */
export interface ScanOnvifWish {
  /** "eth0", or an address of this machine. */
  readonly interfaceName: string | null;
  readonly targets: readonly string[];
  readonly timeoutMs: number;
  readonly waitMs: number;
}

const PORT = 80;
const SERVICE_PATH = "/onvif/device_service";
const CONCURRENCY_MAX = 16;

/** Looks for cameras; only asks what they answer to anybody. */
export async function scanOnvif(
  { interfaceName, targets, timeoutMs, waitMs }: ScanOnvifWish,
  note: (text: string) => void,
  context: Context,
): Promise<readonly FoundCamera[]> {
  const services = targets.map(servicesOf);
  const named = services.flat();
  const absent = new AbsentHosts(
    services.map((urls) => urls.map(({ href }) => href)),
    note,
  );
  if (named.length > HOSTS_MAX) throw new Misconfigured(`scan: more than ${HOSTS_MAX} addresses`);
  if (interfaceName === null && named.length === 0) {
    throw new Misconfigured("scan: name hosts, or --interface for a call on its network");
  }
  const called =
    interfaceName === null
      ? []
      : await probeNetwork({ interfaceAddress: addressOf(interfaceName), waitMs }, context);
  const urls = new Map([...called, ...named].map((url) => [url.href, url]));
  const isAlone = called.length === 0 && named.length === 1;
  const left = [...urls.values()];
  const found: FoundCamera[] = [];
  const worker = async () => {
    for (let url = left.shift(); url && !context.signal.aborted; url = left.shift()) {
      try {
        const camera = await askCamera({ url, timeoutMs }, context);
        if (camera) found.push(camera);
      } catch (error) {
        if (!(error instanceof Unreachable || error instanceof Refused) || isAlone) throw error;
        absent.tell(url.href, error);
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY_MAX }, worker));
  absent.end();
  return found.toSorted((a, b) => (a.host < b.host ? -1 : 1));
}

function servicesOf(target: string): URL[] {
  if (/^https?:/.test(target)) {
    if (!URL.canParse(target)) throw new Misconfigured(`scan: ${target} is no address`);
    const url = new URL(target);
    if (url.pathname === "/") url.pathname = SERVICE_PATH;
    return [url];
  }
  const hosts = readHosts(target, PORT);
  if (typeof hosts === "string") throw new Misconfigured(`scan: ${hosts}`);
  return hosts.map(({ host, port }) => {
    const written = host.includes(":") ? `[${host}]` : host;
    return new URL(`http://${written}:${port}${SERVICE_PATH}`);
  });
}

/** The IPv4 address of an interface; an address is one. */
function addressOf(name: string): string {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) return name;
  const all = networkInterfaces();
  const own = all[name]?.find(({ family }) => family === "IPv4");
  if (own) return own.address;
  const known = Object.keys(all).join(", ");
  throw new Misconfigured(`scan: no interface ${name} with an IPv4 address; known are ${known}`);
}

/** A row for each camera. */
export function cameraRows(cameras: readonly FoundCamera[]): string[][] {
  const rows = cameras.map(({ host, port, name, firmware, serial, needsLogin }) => {
    const what = name === "" ? "a camera that tells nothing without a login" : name;
    return [`${host}:${port}`, what, firmware, serial, needsLogin ? "wants a login" : ""];
  });
  return rows.length === 0 ? [] : [["CAMERA", "WHAT", "FIRMWARE", "SERIAL", ""], ...rows];
}

/** A channel for each camera; the password goes into a secret, not in here. */
export function cameraSnippet(cameras: readonly FoundCamera[]): string {
  const channels = cameras.map(({ host, port, path, isTls, needsLogin }, index) => {
    const name = `camera-${index + 1}`;
    const place = { ...(port !== PORT && { port }), ...(path !== SERVICE_PATH && { path }) };
    const tls = isTls ? { useTls: true } : {};
    const login = needsLogin ? { username: "viewer", password: `\${secret:${name}}` } : {};
    return [name, { driver: "onvif", host, ...place, ...tls, ...login }];
  });
  return channels.length === 0 ? "" : stringify({ channels: Object.fromEntries(channels) });
}
