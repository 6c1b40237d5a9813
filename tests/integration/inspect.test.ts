import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { headgate } from "./peers/headgate.ts";
import { startMeters } from "./peers/meters.ts";
import { type Pymodbus, startPymodbus } from "./peers/pymodbus.ts";
import { RunningGateway } from "./peers/running-gateway.ts";
import { type SocatPair, startSocatPair } from "./peers/socat-pair.ts";

const BAUD_RATE = 115_200;
/** 48.21 sent as CDAB, amid other values; what lies beyond 46 is refused. */
const holding = { 38: [0x1111, 0x2222, 0xd70a, 0x4240, 0x0f5c, 0x4242, 0x0b0b, 0x0c0c, 0x0d0d] };

let line: SocatPair;
let server: Pymodbus;
let gateway: RunningGateway;

const configOf = (level: object) => ({
  channels: { bus: { driver: "modbus-rtu", path: line.ours, baudRate: BAUD_RATE } },
  devices: { tank: { channel: "bus", unitId: 7, scan: "200 ms", points: { level } } },
});

beforeAll(async () => {
  line = await startSocatPair();
  const transport = { transport: "rtu", path: line.theirs, baudRate: BAUD_RATE } as const;
  server = await startPymodbus({ 7: { holding } }, transport);
  gateway = await RunningGateway.prepare(configOf({ address: "holding:40", type: "float32" }));
});

afterAll(async () => {
  await gateway?.end();
  await server?.stop();
  await line?.stop();
});

interface Told {
  readonly verdict: string;
  readonly line: string;
  readonly interpretations: readonly { value: number; settings: { order: string } }[];
}

async function inspect(...words: string[]): Promise<Told> {
  const config = join(gateway.folder, "gateway.yaml");
  const { code, out, err } = await headgate("inspect", ...words, "-c", config, "--json");
  if (code !== 0) throw new Error(`exit code ${code}: ${err}`);
  return JSON.parse(out) as Told;
}

test("one command puts a swapped float right, without a gateway and through one", async () => {
  // Nobody has the port: the command opens it.
  const alone = await inspect("tank", "holding:40", "--shows", "48.21");
  expect(alone.verdict).toBe("certain");
  expect(alone.line).toBe('new-point: { address: "holding:40", type: float32, order: CDAB }');

  // A gateway has it, and no other program may: the question goes through the gateway.
  gateway.start();
  await goodPoints(1);
  const through = await inspect("tank/level", "--shows", "48.21");
  expect(through.interpretations[0]).toMatchObject({ value: 48.21, settings: { order: "CDAB" } });
  expect(through.line).toBe('level: { address: "holding:40", type: float32, order: CDAB }');
  // So does a reading, beside the gateway's own scans.
  const told = await headgate("read", "tank", "-c", join(gateway.folder, "gateway.yaml"), "--json");
  expect(told.code).toBe(0);
  expect(JSON.parse(told.out)).toMatchObject([{ id: "tank/level", quality: "good" }]);
  await gateway.stop();

  // The line it gave, written down, is the answer.
  const config = join(gateway.folder, "gateway.yaml");
  const right = configOf({ address: "holding:40", type: "float32", order: "CDAB" });
  await writeFile(config, JSON.stringify({ gateway: { id: "bad-weather" }, ...right }));
  const read = await headgate("read", "-c", config, "--json");
  expect(JSON.parse(read.out)).toMatchObject([{ id: "tank/level", value: 48.21 }]);
});

test("a meter made of libmodbus reads as what it is", async () => {
  // Four tenths of uint16, then four float32 from holding:4 on; they rest for the time of the test.
  const meters = await startMeters({ devices: 1, points: 8, mode: "walk", tickMs: 3_600_000 });
  try {
    const channel = { driver: "modbus-tcp", host: "127.0.0.1", port: meters.ports[0] };
    const points = {
      tenths: { address: "holding:1", scale: 0.1 },
      float: { address: "holding:6", type: "float32" },
    };
    const config = join(gateway.folder, "libmodbus.yaml");
    const devices = { walk: { channel: "plc", points } };
    await writeFile(
      config,
      JSON.stringify({ gateway: { id: "walk" }, channels: { plc: channel }, devices }),
    );
    const read = JSON.parse((await headgate("read", "-c", config, "--json")).out);
    const expected = [
      { address: "holding:1", type: "uint16", order: null, scale: 0.1 },
      { address: "holding:6", type: "float32", order: "ABCD", scale: 1 },
    ];
    for (const [index, settings] of expected.entries()) {
      const shows = read[index].value.toFixed(1);
      const words = ["walk", settings.address, "--shows", shows, "-c", config, "--json"];
      const { out } = await headgate("inspect", ...words);
      expect(JSON.parse(out).interpretations[0]).toMatchObject({ settings });
    }
  } finally {
    await meters.stop();
  }
});

async function goodPoints(wanted: number): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const status = await gateway.status().catch(() => null); // Not listening yet.
    if (status && status.points.good >= wanted) return;
    await sleep(100);
  }
  throw new Error("the gateway reads nothing");
}
