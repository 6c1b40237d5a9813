import { expect, test } from "vitest";
import { readSaid } from "../config/source.ts";
import { HIDDEN } from "./hidden-secrets.ts";
import { movedSecrets } from "./moved-secrets.ts";

const KEPT = `
channels:
  gate: { driver: onvif, host: 192.168.1.30, timeout: 10 s, username: viewer, password: hunter2 }
  door: { driver: onvif, host: 192.168.1.31, username: viewer, password: "\${secret:door}" }
  plc: { driver: opcua, endpoint: "opc.tcp://\${env:PLC}:4840", alternatives: [opc.tcp://b] }
devices:
  front: { channel: gate, name: Front, points: { s: { address: "snapshot:main" } } }
  tank: { channel: plc, unitId: "\${env:UNIT}", points: { t: { address: i=1 } } }
`;
const SHOWN = KEPT.replace("hunter2", `"${HIDDEN}"`);
const without = (from: string, to: string) => {
  if (!SHOWN.includes(from)) throw new Error(from);
  return SHOWN.replace(from, to);
};

test.each([
  ["nothing", SHOWN],
  ["a point more", without('"snapshot:main" }', '"snapshot:main" }, n: { address: "event:x" }')],
  ["a name", without("name: Front", "name: Back")],
  ["a time", without("timeout: 10 s", "timeout: 20 s")],
  ["a time less", without(" timeout: 10 s,", "")],
  ["the secret anew, at another host", KEPT.replace("192.168.1.30", "10.0.0.9")],
  ["another password", KEPT.replace("hunter2", "hunter3")],
  ["a channel less", without(/ {2}door.*\n/.exec(SHOWN)?.[0] ?? "", "")],
])("%s moves no secret", (_what, text) => {
  expect(movedSecrets(readSaid(text), readSaid(KEPT))).toEqual([]);
});

const PASSWORD = "channels.gate.password";
test.each([
  ["another host", without("192.168.1.30", "10.0.0.9"), PASSWORD],
  ["another port", without("192.168.1.30,", "192.168.1.30, port: 81,"), PASSWORD],
  ["no TLS", without("192.168.1.30,", "192.168.1.30, useTls: false,"), PASSWORD],
  ["another driver", without("gate: { driver: onvif", "gate: { driver: other"), PASSWORD],
  ["another user", without("username: viewer", "username: other"), PASSWORD],
  [
    "a picture from elsewhere",
    without("192.168.1.30,", "192.168.1.30, snapshotUri: { main: http://10.0.0.9/ },"),
    PASSWORD,
  ],
  ["another host, by reference", without("192.168.1.31", "10.0.0.9"), "channels.door.password"],
  ["another server in its place", without("opc.tcp://b", "opc.tcp://c"), "channels.plc.endpoint"],
  [
    "a reference shown as a name",
    without("name: Front", `name: "\${secret:door}"`),
    "devices.front.name",
  ],
  ["another variable", without("env:UNIT", "env:PATH"), "devices.tank.unitId"],
  [
    "a new channel with a known secret",
    without("devices:", `  mine: { host: h, password: "\${secret:door}" }\ndevices:`),
    "channels.mine.password",
  ],
  [
    "another line below a reference",
    without("tank: { channel: plc", "tank: { channel: gate"),
    "devices.tank.unitId",
  ],
  [
    "a secret shown by an alias",
    without("name: Front", "name: *x").replace(`"${HIDDEN}"`, `&x "${HIDDEN}"`),
    "devices.front.name",
  ],
])("%s is told", (_what, text, path) => {
  expect(movedSecrets(readSaid(text), readSaid(KEPT))).toContain(path);
});
