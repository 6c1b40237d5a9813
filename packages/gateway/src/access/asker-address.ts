import { BlockList, isIP } from "node:net";

/** An address ("10.0.0.2") or a network ("10.0.0.0/24", "fd00::/8"). */
export function isNetwork(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
  );
}

/** Whether an address is one of these, or in one of these networks. */
export function createTrust(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    const family = isIP(address) === 4 ? "ipv4" : "ipv6";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => {
    const version = isIP(address);
    return version !== 0 && list.check(address, version === 4 ? "ipv4" : "ipv6");
  };
}

/** Of proxies on one way; what lies before them was written by anybody. */
const HOPS_MAX = 16;

/**
 * Who asks, where proxies that are trusted say for whom they ask (`X-Forwarded-For`): the last
 * address that no trusted one has. What stands before it was written by whoever asks.
 */
export function askerAddress(
  peer: string,
  forwarded: string | readonly string[] | undefined,
  isTrusted: (address: string) => boolean,
): string {
  let asker = plainAddress(peer);
  const hops = [forwarded ?? []].flat().join(",").split(",");
  for (const hop of hops.slice(-HOPS_MAX).reverse()) {
    if (!isTrusted(asker)) return asker;
    const before = plainAddress(hop.trim());
    if (isIP(before) === 0) return asker;
    asker = before;
  }
  return asker;
}

/** Without a port, brackets and IPv6's way to write IPv4. */
function plainAddress(text: string): string {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? text;
  const version4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)(?::\d+)?$/i.exec(bare)?.[1];
  return version4 ?? bare;
}
