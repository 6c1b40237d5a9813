import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EVERY_TYPE } from "./peers/every-type.ts";
import { freePort } from "./peers/free-port.ts";
import { headgate } from "./peers/headgate.ts";
import { type OpcuaPeer, startOpcuaPeer } from "./peers/opcua-peer.ts";
import { type Pymodbus, type PymodbusUnit, startPymodbus } from "./peers/pymodbus.ts";
import { type SocatPair, startSocatPair } from "./peers/socat-pair.ts";

const FIRST = 200;
const unit: PymodbusUnit = {
  holding: {
    0: [0, 215, 1],
    // 11 is refused: nothing is there.
    10: [7],
    12: [9],
    20: [0x0001, 0x7fc0, 0x0000, 0x8000, 0x0003],
    [FIRST]: EVERY_TYPE.flatMap(({ registers }) => registers),
  },
  input: { 16: [0x1234, 0x5678] },
  coil: { 3: [1, 0] },
  discrete: { 5: [0, 1] },
};

function linesOfEveryType(): string {
  let register = FIRST;
  const lines = EVERY_TYPE.map(({ name, yaml, registers }) => {
    const line = `      ${name}: { address: "holding:${register}", ${yaml} }`;
    register += registers.length;
    return line;
  });
  return lines.join("\n");
}

/** As a person would write it, from the README. */
function yamlOf(places: { tcp: number; rtu: string; rtuOverTcp: number; endpoint: string }) {
  return `
gateway:  { id: by-hand, name: 手写 }
buffer:   { path: ./data }
channels:
  plc-1:  { driver: modbus-tcp, host: 127.0.0.1, port: ${places.tcp}, timeout: 300 ms }
  bus-1:  { driver: modbus-rtu, path: ${places.rtu}, baudRate: 115200, timeout: 300 ms }
  far: { driver: modbus-rtu-over-tcp, host: 127.0.0.1, port: ${places.rtuOverTcp}, timeout: 300 ms }
  line-2: { driver: opcua, endpoint: "${places.endpoint}" }
devices:
  over-tcp:
    channel: plc-1
    unitId: 7
    points: &every
${linesOfEveryType()}
      coil: { address: "coil:3", type: bool, access: readWrite }
      manual-coil: { address: "00005" }
      discrete: { address: "discrete:6" }
      input: { address: "input:0x10", type: uint32 }
      manual-input: { address: "30017" }
      manual-holding: { address: "40002", scale: 0.1, unit: °C }
  over-serial: { channel: bus-1, unitId: 7, points: *every }
  over-both:   { channel: far, unitId: 7, points: *every }
  broken:
    channel: bus-1
    unitId: 7
    sharedUnit: true
    points: &broken
      before:  { address: "holding:10" }
      refused: { address: "holding:11" }
      after:   { address: "holding:12" }
      left:    { address: "holding:20" }
      nan:     { address: "holding:21", type: float32 }
      none:    { address: "holding:23", type: int16, nan: 0x8000 }
      right:   { address: "holding:24" }
  broken-tcp: { channel: plc-1, unitId: 7, sharedUnit: true, points: *broken }
  broken-far: { channel: far, unitId: 7, sharedUnit: true, points: *broken }
  absent:     { channel: bus-1, unitId: 9, points: { power: { address: "holding:0" } } }
  absent-tcp: { channel: plc-1, unitId: 9, points: { power: { address: "holding:0" } } }
  absent-far: { channel: far, unitId: 9, points: { power: { address: "holding:0" } } }
  plc:
    channel: line-2
    points:
      setpoint: { address: "nsu=urn:dairy:parlour;s=Setpoint" }
      counter:  { address: "nsu=urn:dairy:parlour;s=Counter" }
      deficit:  { address: "nsu=urn:dairy:parlour;s=Deficit" }
      voltage:  { address: "nsu=urn:dairy:parlour;s=Voltage", unit: V }
      product:  { address: "nsu=urn:dairy:parlour;s=Product" }
      valve:    { address: "nsu=urn:dairy:parlour;s=Valve" }
      missing:  { address: "nsu=urn:dairy:parlour;s=Missing" }
      broken:   { address: "nsu=urn:dairy:parlour;s=Broken" }
      unknown:  { address: "nsu=urn:dairy:parlour;s=NoSuchNode" }
uplinks:
  cloud: { type: mqtt, url: "mqtts://broker.example:8883", format: blocks, delivery: receiver }
web: { host: 127.0.0.1, port: 8420 }
`;
}

const VALUES: Readonly<Record<string, unknown>> = {
  ...Object.fromEntries(EVERY_TYPE.map(({ name, value }) => [name, value])),
  coil: true,
  "manual-coil": false,
  discrete: true,
  input: 0x12345678,
  "manual-input": 0x1234,
  "manual-holding": 21.5,
};

const README = ["README.md", "README.zh-CN.md", "docs/configuration.md"];

interface View {
  readonly id: string;
  readonly value: unknown;
  readonly quality: string;
  readonly reason: string | null;
}

describe("a config written by hand", () => {
  let folder = "";
  let config = "";
  let pair: SocatPair;
  let servers: readonly Pymodbus[] = [];
  let plc: OpcuaPeer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "headgate-by-hand-"));
    pair = await startSocatPair();
    servers = await Promise.all([
      startPymodbus({ 7: unit }),
      startPymodbus({ 7: unit }, { transport: "rtu-over-tcp" }),
      startPymodbus({ 7: unit }, { transport: "rtu", path: pair.theirs, baudRate: 115_200 }),
    ]);
    plc = await startOpcuaPeer({ directory: join(folder, "plc") });
    config = join(folder, "gateway.yaml");
    const [tcp, rtuOverTcp] = servers.map(({ port }) => port);
    const { endpoint } = plc;
    const places = { tcp: tcp ?? 0, rtu: pair.ours, rtuOverTcp: rtuOverTcp ?? 0, endpoint };
    await writeFile(config, yamlOf(places));
  });
  afterAll(async () => {
    await Promise.all([...servers.map((server) => server.stop()), plc?.kill()]);
    await pair?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const read = async (...names: string[]) => {
    const { code, out, err } = await headgate("read", "-c", config, "--json", ...names);
    expect(err).toBe("");
    const views = JSON.parse(out) as View[];
    return { code, views };
  };
  /** By the point's own name: its value, or why it has none. */
  const contents = (views: readonly View[]) =>
    Object.fromEntries(
      views.map(({ id, value, reason }) => [id.split("/")[1], reason ?? value] as const),
    );

  it.each(README)("copied from %s is found good", async (page) => {
    const text = await readFile(new URL(`../../${page}`, import.meta.url), "utf8");
    const example = /```yaml\n(gateway:[^`]*)```/.exec(text)?.[1] ?? "";
    const copy = config.replace(".yaml", "-copy.yaml");
    await writeFile(copy, example.replace(/\$\{secret:gate\}/g, "any password"));
    const { code, out } = await headgate("check", "-c", copy);
    expect(out).toMatch(/is good: [2-4] channels/);
    expect(code).toBe(0);
  });

  it("is checked and found good", async () => {
    const { code, out } = await headgate("check", "-c", config);
    expect(out).toMatch(/is good: 4 channels, 10 devices, 204 points/);
    expect(code).toBe(0);
  });

  it.each(["over-tcp", "over-serial", "over-both"])(
    "reads every type and order right %s",
    async (device) => {
      const { code, views } = await read(device);
      expect(contents(views)).toEqual(VALUES);
      expect(new Set(views.map(({ quality }) => quality))).toEqual(new Set(["good"]));
      expect(code).toBe(0);
    },
  );

  it.each(["broken", "broken-tcp", "broken-far"])(
    "shows a refused register and values that are none as one bad sample each (%s)",
    async (device) => {
      const { code, views } = await read(device);
      expect(contents(views)).toEqual({
        before: 7,
        refused: "illegal data address (exception 2)",
        after: 9,
        left: 1,
        nan: "not a number (0x7FC00000)",
        none: "not available (0x8000)",
        right: 3,
      });
      const bad = views.filter(({ quality }) => quality === "bad").map(({ id }) => id);
      expect(bad).toEqual([`${device}/refused`, `${device}/nan`, `${device}/none`]);
      expect(code).toBe(1);
    },
  );

  it.each([
    ["absent", "broken/before"],
    ["absent-tcp", "broken-tcp/before"],
    ["absent-far", "broken-far/before"],
  ])(
    "shows a unit that is absent as one bad sample, its neighbours good (%s)",
    async (...names) => {
      const { code, views } = await read(...names);
      const [absent, neighbour] = views.toSorted((a, b) => a.id.localeCompare(b.id));
      expect(absent).toMatchObject({ quality: "bad", value: null });
      expect(absent?.reason).toMatch(/^timeout: no answer from unit \d+ within \d+ ms$/);
      expect(neighbour).toMatchObject({ quality: "good", value: 7 });
      expect(code).toBe(1);
    },
  );

  it("reads an OPC UA server, its bad nodes each with a reason", async () => {
    const { code, views } = await read("plc");
    expect(contents(views)).toEqual({
      setpoint: 1.5,
      counter: "18446744073709551614",
      deficit: "-9007199254740993",
      voltage: 230.1,
      product: "纯牛奶",
      valve: false,
      missing: "not available (NaN)",
      broken: "BadSensorFailure",
      unknown: "BadNodeIdUnknown",
    });
    expect(code).toBe(1);
  });

  it("ends with 3 where a device cannot be reached, and still shows the others", async () => {
    const port = await freePort();
    const dead = config.replace(".yaml", "-dead.yaml");
    await writeFile(
      dead,
      `
gateway: { id: by-hand }
channels:
  plc-1: { driver: modbus-tcp, host: 127.0.0.1, port: ${port} }
  plc-2: { driver: modbus-tcp, host: 127.0.0.1, port: ${servers[0]?.port} }
devices:
  gone: { channel: plc-1, points: { power: { address: "holding:0" } } }
  here: { channel: plc-2, unitId: 7, points: { level: { address: "holding:10" } } }
`,
    );
    const { code, out } = await headgate("read", "-c", dead);
    expect(out).toMatch(/gone\/power +- +bad +.*ECONNREFUSED/);
    expect(out).toMatch(/here\/level +7 +good/);
    expect(code).toBe(3);
  });
});
