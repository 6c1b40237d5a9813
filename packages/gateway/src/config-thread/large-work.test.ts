import { once } from "node:events";
import { Misconfigured, Refused } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { afterEach, expect, test } from "vitest";
import { catalogue } from "../catalogue.ts";
import { compareConfigs } from "../compare-configs.ts";
import { createTextWork } from "../configuration/text-work.ts";
import { keepAlike } from "../keep-alike.ts";
import { createLargeWork } from "./large-work.ts";

const directory = "/nowhere";
/** Enough that it is not read here. */
const FILLER = `# ${"-".repeat(17 * 1024)}\n`;

/** One line of each driver, and what profiles make of devices. */
const textOf = (scan: string) => `gateway: { id: pasture-07, name: 七号牧场 }
channels:
  plc: { driver: modbus-tcp, host: 192.168.1.10 }
  bus: { driver: modbus-rtu, path: /dev/ttyUSB0, baudRate: 9600, parity: none }
  meters: { driver: dlt645-tcp, host: 192.168.1.11, port: 8001 }
  hot: { driver: cjt188-tcp, host: 192.168.1.12, port: 8002 }
  server: { driver: opcua, endpoint: "opc.tcp://192.168.1.20:4840" }
  gate: { driver: onvif, host: 192.168.1.30, username: viewer, password: hunter2 }
  sim: { driver: simulated }
devices:
  tank:
    { channel: plc, unitId: 1, scan: ${scan}, points: { t: { address: "holding:0", type: int16 } } }
  main: { channel: bus, unitId: 3, profile: eastron-sdm630 }
  unsure: { channel: bus, unitId: 4, profile: chint-dtsu666 }
  sun: { channel: plc, unitId: 5, profile: sunspec }
  flat: { channel: meters, meter: "000000000001", points: { e: { address: "00010000" } } }
  hot:
    { channel: hot, meter: "00000000000001", kind: heat, points: { v: { address: volume.total } } }
  filler: { channel: server, points: { speed: { address: "ns=2;s=Speed", subscribe: 250 ms } } }
  cam: { channel: gate, points: { snapshot: { address: "snapshot:main", every: 5 min } } }
  wave: { channel: sim, points: { p: { mean: 4 } } }
uplinks:
  cloud: { type: mqtt, url: "mqtts://broker.example" }
`;
const [text, next] = [FILLER + textOf("1 s"), FILLER + textOf("2 s")];

const clocks: SimClock[] = [];
function create() {
  const clock = new SimClock();
  clocks.push(clock);
  return { clock, here: createTextWork(catalogue), large: createLargeWork(catalogue, clock) };
}
afterEach(async () => {
  for (const clock of clocks.splice(0)) await clock.advance(10_000);
});

test("a large text means in the thread what it means here", async () => {
  const { here, large } = create();
  for (const work of ["load", "secrets"] as const) {
    expect(await large[work]({ text, directory })).toEqual(await here[work]({ text, directory }));
  }
  for (const work of ["hide", "say", "sections"] as const) {
    expect(await large[work]({ text })).toEqual(await here[work]({ text }));
  }
  expect(await large.changes({ text, next })).toEqual(await here.changes({ text, next }));
  const edits = [{ path: ["devices", "tank", "scan"], value: "3 s" }];
  expect(await large.edit({ text, edits })).toBe(await here.edit({ text, edits }));
  for (const lang of ["en", "zh"] as const) {
    for (const draft of [next, next.replace("scan:", "scna:"), `${next}\nx: [`]) {
      const wish = { text: draft, kept: text, directory, lang };
      const checked = await large.check(wish);
      expect(checked).toEqual(await here.check(wish));
      expect(checked.gist === null).toBe(draft !== next);
    }
  }
  const [one, other] = [
    await here.load({ text, directory }),
    await large.load({ text, directory }),
  ];
  if (!one || !other) throw new Error("it has mistakes");
  const quiet = { whole: [], channels: new Map(), uplinks: new Map(), isWebChanged: false };
  expect(compareConfigs(one, other)).toEqual(quiet);
  const kept = await keepAlike(one, other);
  expect(kept.channels.map((channel, index) => channel === one.channels[index])).toEqual(
    Array.from({ length: 7 }, () => true),
  );
}, 60_000);

test("a small text is read here, and many devices with profiles are not small", async () => {
  const { large } = create();
  const load = (text: string) => large.load({ text, directory });
  expect(await load("gateway: { id: p }\nchannels: {}\n")).not.toBeNull();
  expect(large.thread.worker).toBeNull();
  const meter = (unitId: number) =>
    `  m${unitId}: { channel: c, unitId: ${unitId}, profile: eastron-sdm630 }\n`;
  const meters = Array.from({ length: 20 }, (_, index) => meter(index + 1)).join("");
  const channels = "channels: { c: { driver: modbus-tcp, host: 127.0.0.1 } }\n";
  const config = await load(`gateway: { id: p }\n${channels}devices:\n${meters}`);
  expect(config?.channels[0]?.devices).toHaveLength(20);
  expect(large.thread.worker).not.toBeNull();
}, 60_000);

test("a thread that dies over it is told, and the next one does it", async () => {
  const { large } = create();
  const lost = large.load({ text, directory });
  await Promise.all([
    expect(lost).rejects.toThrow(/thread that reads configurations ended: .*nothing was changed/),
    expect(lost).rejects.toBeInstanceOf(Refused),
    large.thread.worker?.terminate(),
  ]);
  expect(await large.load({ text, directory })).not.toBeNull();
}, 60_000);

test("one that takes without end is cut off", async () => {
  const { clock, large } = create();
  const lost = large.load({ text, directory });
  const told = expect(lost).rejects.toThrow(/it took more than 180 s/);
  await clock.advance(181_000);
  await told;
}, 60_000);

test("what cannot be edited there is told as it is here", async () => {
  const { large } = create();
  const edits = [{ path: ["devices", "tank", "scan", "x"], value: 1 }];
  await expect(large.edit({ text, edits })).rejects.toBeInstanceOf(Misconfigured);
}, 60_000);

test("soon after the last work the thread is gone, and not before", async () => {
  const { clock, large } = create();
  await large.hide({ text });
  const { worker } = large.thread;
  await clock.advance(2_000);
  await large.hide({ text });
  await clock.advance(2_000);
  expect(large.thread.worker).toBe(worker);
  const gone = worker && once(worker, "exit");
  await clock.advance(2_000);
  expect(large.thread.worker).toBeNull();
  expect(await gone).toEqual([0]);
}, 60_000);
