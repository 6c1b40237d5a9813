import { Misconfigured, Unreachable } from "@headgate/model";
import { expect, it } from "vitest";
import { connectFault, withoutLogin } from "./connect-fault.ts";

it.each([
  ["mqtt://host:1883", "mqtt://host:1883"],
  ["mqtt://user:pass@host:1883", "mqtt://host:1883"],
  ["mqtt://user:p@ss:w@rd@host", "mqtt://host"],
  ["wss://user@host/path@place", "wss://host/path@place"],
])("%s is shown as %s", (url, shown) => {
  expect(withoutLogin(url)).toBe(shown);
});

it("says who must act, and never the password", () => {
  const url = "mqtt://user:p@ss@host";
  const refused = connectFault(url, { code: 5 });
  expect(refused).toBeInstanceOf(Misconfigured);
  const gone = connectFault(url, Object.assign(new Error("refused"), { code: "ECONNREFUSED" }));
  expect(gone).toBeInstanceOf(Unreachable);
  for (const { message } of [refused, gone]) expect(message).not.toMatch(/p@|ss@/);
});
