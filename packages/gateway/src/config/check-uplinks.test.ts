import { expect, test } from "vitest";
import { checkUplinks } from "./check-uplinks.ts";
import type { PlainBefore } from "./plain-before.ts";
import type { Finding } from "./problem.ts";

const broker = { type: "mqtt", url: "mqtt://127.0.0.1:1883" };

const never: PlainBefore = () => false;

function findings(uplinks: Readonly<Record<string, unknown>>, before = never) {
  const found: Finding[] = [];
  checkUplinks(uplinks, before, (finding) => void found.push(finding));
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
  ["mqtt://127.0.0.1@broker.example", true],
  ["mqtt://localhost:pw@broker.example/127.0.0.1", true],
  ["mqtt://127.0.0.1.broker.example", true],
  ["ws://[2001:db8::1]:80/mqtt", true],
  ["http://10.0.0.7/in", true],
  ["mqtts://broker.example:8883", false],
  ["wss://broker.example/mqtt", false],
  ["mqtt://localhost", false],
  ["mqtt://[::1]:1883", false],
  ["mqtt://me:pw@127.0.0.1:1883", false],
])("%s in clear over a network is refused: %s", (url, isRefused) => {
  const refused = [["plain-uplink", "uplinks.a.url", "error"]];
  expect(findings({ a: { type: "mqtt", url } })).toEqual(isRefused ? refused : []);
  expect(findings({ a: { type: "mqtt", url, allowPlain: true } })).toEqual([]);
});

test("what sent in clear before that had to be allowed is told, for the same place only", () => {
  const before: PlainBefore = (id, place) => id === "a" && place === "mqtt://10.0.0.7:1883";
  const uplink = (host: string) => ({ type: "mqtt", url: `mqtt://u:p@${host}:1883/`, root: host });
  const uplinks = { a: uplink("10.0.0.7"), b: { ...uplink("10.0.0.7"), root: "other" } };
  expect(findings(uplinks, before)).toEqual([
    ["plain-uplink", "uplinks.a.url", "warning"],
    ["plain-uplink", "uplinks.b.url", "error"],
  ]);
  expect(findings({ a: uplink("10.0.0.8") }, before)).toEqual([
    ["plain-uplink", "uplinks.a.url", "error"],
  ]);
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
