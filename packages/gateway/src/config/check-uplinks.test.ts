import { expect, test } from "vitest";
import { checkUplinks } from "./check-uplinks.ts";
import type { Finding } from "./problem.ts";

const broker = { type: "mqtt", url: "mqtt://127.0.0.1:1883" };

function findings(uplinks: Readonly<Record<string, unknown>>) {
  const found: Finding[] = [];
  checkUplinks(uplinks, (finding) => void found.push(finding));
  return found.map(({ code, path, severity = "error" }) => [code, path.join("."), severity]);
}

test("one client id twice on one server is a mistake, on two servers it is none", () => {
  const one = { ...broker, clientId: "gw" };
  expect(findings({ a: one, b: { ...one, root: "other" } })).toEqual([
    ["same-client-id", "uplinks.b.clientId", "error"],
  ]);
  expect(findings({ a: one, b: { ...one, url: "mqtt://127.0.0.2:1883" } })).toEqual([]);
});

test.each([
  ["mqtt://broker.example:1883", true],
  ["mqtt://user:secret@192.168.1.5", true],
  ["ws://[2001:db8::1]:80/mqtt", true],
  ["mqtts://broker.example:8883", false],
  ["wss://broker.example/mqtt", false],
  ["mqtt://localhost", false],
  ["mqtt://[::1]:1883", false],
  ["mqtt://me:pw@127.0.0.1:1883", false],
])("%s over a network is worth a word: %s", (url, isTold) => {
  const told = [["plain-uplink", "uplinks.a.url", "warning"]];
  expect(findings({ a: { type: "mqtt", url } })).toEqual(isTold ? told : []);
});

test("two uplinks that say the same are worth a word", () => {
  const same = { url: broker.url, type: "mqtt" };
  expect(findings({ a: broker, b: same })).toEqual([["same-uplink", "uplinks.b", "warning"]]);
  expect(findings({ a: broker, b: { ...same, root: "other" }, c: null })).toEqual([]);
});

test("a certificate that is not there is told, and does not keep the gateway from starting", () => {
  const ca = import.meta.filename;
  expect(findings({ a: { ...broker, ca, key: "/nowhere/key.pem" } })).toEqual([
    ["missing-file", "uplinks.a.key", "warning"],
  ]);
});
