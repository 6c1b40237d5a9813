import { describe, expect, it } from "vitest";
import { networksOf, ownPlaces } from "./own-places.ts";

const address = (given: string, cidr: string, internal = false) => ({
  ...{ address: given, cidr, internal, netmask: "", mac: "" },
  family: "IPv4" as const,
});

describe("networks that are proposed", () => {
  it.each([
    ["one's own", { eth0: [address("10.0.4.9", "10.0.4.9/24")] }, ["10.0.4.0/24"]],
    ["a small one", { eth0: [address("10.0.4.9", "10.0.4.9/28")] }, ["10.0.4.0/28"]],
    ["part of a large one", { eth0: [address("10.3.7.9", "10.3.7.9/8")] }, ["10.3.7.0/24"]],
    ["no loopback", { lo: [address("127.0.0.1", "127.0.0.1/8", true)] }, []],
    ["no bridge of containers", { docker0: [address("172.17.0.1", "172.17.0.1/16")] }, []],
    ["no line of two", { ppp0: [address("10.9.0.2", "10.9.0.2/32")] }, []],
    ["none without a lease", { eth0: [address("169.254.3.4", "169.254.3.4/16")] }, []],
  ])("%s", (_, interfaces, expected) => {
    expect(networksOf(interfaces).map(({ network }) => network)).toEqual(expected);
  });
});

it("a box tells where its ports and networks are", async () => {
  expect(await ownPlaces("/dev/rs485-1, /dev/rs485-2,10.77.0.0/24")).toEqual({
    ports: ["/dev/rs485-1", "/dev/rs485-2"],
    networks: [{ name: "", address: "", network: "10.77.0.0/24" }],
  });
  expect(await ownPlaces("")).toEqual({ ports: [], networks: [] });
});
