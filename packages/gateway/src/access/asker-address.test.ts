import { expect, test } from "vitest";
import { askerAddress, createTrust, isNetwork } from "./asker-address.ts";

const isTrusted = createTrust(["10.0.0.2", "10.9.0.0/16", "fd00::/8"]);

test.each<[peer: string, forwarded: string | string[] | undefined, asker: string, why: string]>([
  ["203.0.113.5", "1.2.3.4", "203.0.113.5", "whoever is not trusted speaks for itself alone"],
  ["10.0.0.3", "1.2.3.4", "10.0.0.3", "the proxy's neighbour neither"],
  ["10.0.0.2", undefined, "10.0.0.2", "a proxy that says nothing"],
  ["10.0.0.2", "", "10.0.0.2", "nor with an empty header"],
  ["10.0.0.2", "198.51.100.7", "198.51.100.7", "one proxy"],
  ["::ffff:10.0.0.2", "198.51.100.7", "198.51.100.7", "IPv4 as IPv6 has it"],
  ["10.0.0.2", "6.6.6.6, 198.51.100.7", "198.51.100.7", "what the asker wrote itself is before it"],
  ["10.0.0.2", ["6.6.6.6", "198.51.100.7"], "198.51.100.7", "in two headers, too"],
  ["10.0.0.2", "6.6.6.6, 10.0.0.2, 198.51.100.7", "198.51.100.7", "a trusted one named by hand"],
  ["10.0.0.2", "198.51.100.7, 10.9.3.4", "198.51.100.7", "two proxies"],
  ["fd00::1", "2001:db8::5", "2001:db8::5", "over IPv6"],
  ["10.0.0.2", "[2001:db8::5]:4711", "2001:db8::5", "with a port"],
  ["10.0.0.2", "198.51.100.7:4711", "198.51.100.7", "and with IPv4"],
  ["10.0.0.2", "6.6.6.6, unknown", "10.0.0.2", "behind what is no address nothing is believed"],
  ["10.0.0.2", "10.9.0.1, 10.9.0.2", "10.9.0.1", "where all are proxies, the first of them"],
  ["(gone)", "198.51.100.7", "(gone)", "of whoever has gone nobody knows"],
])("from %s with %j asks %s: %s", (peer, forwarded, asker) => {
  expect(askerAddress(peer, forwarded, isTrusted)).toBe(asker);
});

test("without trusted proxies nobody is believed; a header without end costs nothing", () => {
  expect(askerAddress("10.0.0.2", "198.51.100.7", createTrust([]))).toBe("10.0.0.2");
  const long = "10.9.0.1, ".repeat(100_000);
  expect(askerAddress("10.0.0.2", `6.6.6.6, ${long}10.9.0.9`, isTrusted)).toBe("10.9.0.1");
});

test.each([
  ["10.0.0.2", true],
  ["10.0.0.0/24", true],
  ["fd00::/8", true],
  ["::1", true],
  ["10.0.0.0/33", false],
  ["10.0.0.0/", false],
  ["10.0.0.0/8/8", false],
  ["proxy.local", false],
  ["", false],
])("%j is a network or an address: %s", (text, is) => {
  expect(isNetwork(text)).toBe(is);
});
