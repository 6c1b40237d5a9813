import { expect, test } from "vitest";
import { networkOf } from "../../access/network-of.ts";

test.each([
  ["192.168.1.9", "192.168.1.9"],
  ["::1", "0:0:0:0"],
  ["::ffff:192.168.1.9", "::ffff:192.168.1.9"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8:1:2::6", "2001:db8:1:2"],
  ["2001:db8::6", "2001:db8:0:0"],
  ["fe80::1%eth0", "fe80:0:0:0"],
])("%s asks as %s", (address, asker) => {
  expect(networkOf(address)).toBe(asker);
});
