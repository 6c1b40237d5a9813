import { readdir, readFile, realpath } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";

/** A network that this machine is in. */
export interface OwnNetwork {
  /** "eth0". */
  readonly name: string;
  /** Of this machine, in it; empty where it was only told. */
  readonly address: string;
  /** "192.168.1.0/24". */
  readonly network: string;
}

/** Where this machine could look. */
export interface OwnPlaces {
  readonly ports: readonly string[];
  readonly networks: readonly OwnNetwork[];
}

/** Of a larger network only the part around the machine's own address is proposed. */
const BITS_MIN = 24;
const NETWORKS_MAX = 8;
const PORTS_MAX = 32;
/** Adapters, ports of boards for industry, Bluetooth; not the console's. */
const PORT_NAME = /^tty(USB|ACM|AMA|SC|mxc|XRUSB|MAX|RS485-?|AP|O)\d+$/;
/** A board has these whether something is behind them or not. */
const BUILT_IN = /^ttyS\d+$/;

/**
 * Serial ports and networks of this machine. `told` (HEADGATE_FIND) replaces both: ports and
 * networks with commas between them, for a box whose ports have names of their own.
 */
export async function ownPlaces(told: string | undefined): Promise<OwnPlaces> {
  if (told !== undefined) return placesTold(told);
  return { ports: await serialPorts("/dev"), networks: networksOf(networkInterfaces()) };
}

function placesTold(told: string): OwnPlaces {
  const words = told.split(",").map((word) => word.trim());
  const isPort = (word: string) => /^(\/|COM\d)/i.test(word);
  const networks = words.filter((word) => word !== "" && !isPort(word));
  return {
    ports: words.filter(isPort).slice(0, PORTS_MAX),
    networks: networks.map((network) => ({ name: "", address: "", network })),
  };
}

async function serialPorts(folder: string): Promise<readonly string[]> {
  const all = await namesIn(folder);
  const adapters = all.filter((name) => PORT_NAME.test(name)).map((name) => join(folder, name));
  const builtIn = await Promise.all(
    all.filter((name) => BUILT_IN.test(name)).map((name) => builtInPort(folder, name)),
  );
  const found = [...adapters, ...builtIn.filter((path) => path !== null)];
  return found.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true })).slice(0, PORTS_MAX);
}

/** A port behind which the kernel found a chip, and not the console: else null. */
async function builtInPort(folder: string, name: string): Promise<string | null> {
  const device = await realpath(`/sys/class/tty/${name}/device/driver`).catch(() => "");
  if (device === "" || device.endsWith("/serial8250")) return null;
  const consoles = await readFile("/sys/class/tty/console/active", "utf8").catch(() => "");
  return consoles.trim().split(/\s+/).includes(name) ? null : join(folder, name);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  // Not every system has such a folder: then it has no such ports.
  return await readdir(folder).catch(() => []);
}

/** The IPv4 networks of these interfaces, without the machine itself and containers' bridges. */
export function networksOf(
  interfaces: ReturnType<typeof networkInterfaces>,
): readonly OwnNetwork[] {
  const all = Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses.flatMap((one): OwnNetwork[] => {
      if (one.family !== "IPv4" || one.internal || /^(docker|br-|veth|virbr|tun|wg)/.test(name)) {
        return [];
      }
      const bits = Math.max(BITS_MIN, Number(one.cidr?.split("/")[1] ?? 32));
      if (bits > 30 || one.address.startsWith("169.254.")) return [];
      return [{ name, address: one.address, network: networkText(one.address, bits) }];
    }),
  );
  const seen = new Map(all.map((one) => [one.network, one]));
  return [...seen.values()].slice(0, NETWORKS_MAX);
}

function networkText(address: string, bits: number): string {
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const start = number - (number % 2 ** (32 - bits));
  const parts = [24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256);
  return `${parts.join(".")}/${bits}`;
}
