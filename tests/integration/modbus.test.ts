import { execFile } from "node:child_process";
import { promisify } from "node:util";
import {
  modbusAsciiDriver,
  modbusRtuDriver,
  modbusRtuOverTcpDriver,
  modbusTcpDriver,
} from "@headgate/drivers/modbus";
import { createVirtualMeter, VirtualRegisters } from "@headgate/drivers/testing";
import { type Context, type Driver, silentLog, systemClock, type Value } from "@headgate/model";
import { driverContract } from "@headgate/model/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Pymodbus, type PymodbusUnit, startPymodbus } from "./peers/pymodbus.ts";
import { type SocatPair, startSocatPair } from "./peers/socat-pair.ts";

const run = promisify(execFile);
const BAUD_RATE = 115_200;

// Made with Python's struct: what the registers hold, and what they mean.
const rows: readonly [string, object, number[], Value][] = [
  ["int16", { type: "int16" }, [0xfb2e], -1234],
  ["uint16-swapped", { type: "uint16", order: "BA" }, [0xcdab], 0xabcd],
  ["bit", { type: "bit", bit: 9 }, [0x0200], true],
  ["bits", { type: "bits", mask: 0x0ff0 }, [0x1234], 0x23],
  ["int8", { type: "int8", byte: "high" }, [0xfe12], -2],
  ["float16", { type: "float16" }, [0xbe00], -1.5],
  ["int32-abcd", { type: "int32" }, [0xf8a4, 0x32eb], -123_456_789],
  ["int32-cdab", { type: "int32", order: "CDAB" }, [0x32eb, 0xf8a4], -123_456_789],
  ["uint32-badc", { type: "uint32", order: "BADC" }, [0xadde, 0xefbe], 0xdeadbeef],
  ["uint32-dcba", { type: "uint32", order: "DCBA" }, [0xefbe, 0xadde], 0xdeadbeef],
  ["float32-abcd", { type: "float32" }, [0x4366, 0x199a], 230.1],
  ["float32-cdab", { type: "float32", order: "CDAB" }, [0x199a, 0x4366], 230.1],
  ["int64", { type: "int64" }, [0xffdf, 0xffff, 0xffff, 0xffff], -9_007_199_254_740_993n],
  [
    "uint64-words-swapped",
    { type: "uint64", order: "CDAB" },
    [0x3210, 0x7654, 0xba98, 0xfedc],
    0xfedcba9876543210n,
  ],
  ["float64", { type: "float64" }, [0x406c, 0xc333, 0x3333, 0x3333], 230.1],
  ["bcd32", { type: "bcd32" }, [0x1234, 0x5678], 12_345_678],
  ["text", { type: "string", length: 3 }, [0x4d34, 0x4d20, 0x3330], "M4M 30"],
];

const FIRST = 100;
const layout = layOut();

function layOut() {
  const registers: number[] = [];
  const points = rows.map(([name, settings, words, value]) => {
    const address = `holding:${FIRST + registers.length}`;
    registers.push(...words);
    return { name, value, settings: { ...settings, address } };
  });
  return { registers, points };
}

const unit: PymodbusUnit = {
  // 90 is missing between its neighbours: a request that covers it is refused.
  holding: {
    80: [8, 8, 8, 8, 8, 8, 8, 8, 8, 8],
    91: [9, 9],
    [FIRST]: layout.registers,
    300: [0x8000, 0x7fc0, 0, 0, 0, 0, 0, 0, 0, 0],
  },
  input: { 10: [0x1234, 0x5678] },
  coil: { 0: [1, 0, 1, 1], 20: [0, 0] },
  discrete: { 5: [0, 1] },
};
const UNIT_ID = 7;
const ABSENT_UNIT_ID = 8;

const device = modbusTcpDriver.deviceSchema?.parse({ unitId: UNIT_ID });
const absent = modbusTcpDriver.deviceSchema?.parse({ unitId: ABSENT_UNIT_ID });
if (!device || !absent) throw new Error("the driver has a device schema");

function point(name: string, settings: object, of = device) {
  if (!of) throw new Error("no device");
  return {
    id: `meter/${name}`,
    address: modbusTcpDriver.addressSchema.parse(settings),
    device: of,
  };
}
type Point = ReturnType<typeof point>;

const context: Context = {
  clock: systemClock,
  log: silentLog,
  signal: new AbortController().signal,
  directory: "",
};

/** One transport with its peer: how to start it, and what the driver needs to reach it. */
interface Rig {
  readonly driver: Driver<unknown, Point["address"], Point["device"]>;
  readonly config: unknown;
  readonly mbpoll: readonly string[];
  cutLine(): Promise<void>;
  tearDown(): Promise<void>;
}

/** Long for a peer that has to wait for its turn, too. */
const timings = { timeout: "1500 ms", requestDelay: 0 };

async function overSocket(transport: "tcp" | "rtu-over-tcp"): Promise<Rig> {
  const server = await startPymodbus({ [UNIT_ID]: unit }, { transport });
  const { port } = server;
  const driver = transport === "tcp" ? modbusTcpDriver : modbusRtuOverTcpDriver;
  const settings = { host: "127.0.0.1", port, ...timings };
  return {
    driver: driver as unknown as Rig["driver"],
    config: driver.configSchema.parse(settings),
    mbpoll: ["-m", "tcp", "-p", String(port), "127.0.0.1"],
    cutLine: () => server.stop(),
    tearDown: () => server.stop(),
  };
}

async function overSerial(framing: "rtu" | "ascii"): Promise<Rig> {
  const pair: SocatPair = await startSocatPair();
  const transport = { transport: framing, path: pair.theirs, baudRate: BAUD_RATE } as const;
  const server: Pymodbus = await startPymodbus({ [UNIT_ID]: unit }, transport);
  const settings = { path: pair.ours, baudRate: BAUD_RATE, ...timings };
  const driver = framing === "rtu" ? modbusRtuDriver : modbusAsciiDriver;
  return {
    driver: driver as unknown as Rig["driver"],
    config: driver.configSchema.parse(settings),
    mbpoll: ["-m", "rtu", "-b", String(BAUD_RATE), "-P", "none", pair.ours],
    cutLine: () => pair.stop(),
    async tearDown() {
      await server.stop();
      await pair.stop();
    },
  };
}

const transports = [
  ["modbus-tcp", () => overSocket("tcp")],
  ["modbus-rtu-over-tcp", () => overSocket("rtu-over-tcp")],
  ["modbus-rtu", () => overSerial("rtu")],
  ["modbus-ascii", () => overSerial("ascii")],
] as const;

describe("the virtual meter on a serial line", () => {
  it("answers, and is Unreachable once the cable is pulled", async () => {
    const pair = await startSocatPair();
    const holding = new VirtualRegisters().setFloat32(0, 4.2, "CDAB");
    const meter = createVirtualMeter({ units: { [UNIT_ID]: { holding } } });
    await meter.attach(pair.theirs);
    const config = modbusRtuDriver.configSchema.parse({ path: pair.ours, ...timings });
    const connection = await modbusRtuDriver.open(config, context);
    try {
      const points = [point("t", { address: "holding:0", type: "float32", order: "CDAB" })];
      const [sample] = await connection.read(points, context.signal);
      expect(sample?.value).toBe(4.2);
      await pair.stop();
      await expect(connection.read(points, context.signal)).rejects.toMatchObject({
        name: "Unreachable",
      });
    } finally {
      await connection.close();
      await meter.close();
      await pair.stop();
    }
  });

  it("says which port is not there", async () => {
    const config = modbusRtuDriver.configSchema.parse({ path: "/dev/no-such-port" });
    await expect(modbusRtuDriver.open(config, context)).rejects.toMatchObject({
      name: "Unreachable",
      message: expect.stringMatching(
        /^open \/dev\/no-such-port: .*plug it in, or correct the path/,
      ),
    });
  });
});

describe.each(transports)("pymodbus read as %s", (type, start) => {
  driverContract(it, async () => ({
    ...(await start()),
    context,
    points: [
      point("first", { address: "holding:80" }),
      point("last", { address: "holding:91" }),
      point("coil", { address: "coil:3" }),
    ],
    pointRefusedByDevice: point("hole", { address: "holding:90" }),
  }));

  describe("once it is up", () => {
    let rig: Rig;
    beforeAll(async () => {
      rig = await start();
    });
    afterAll(() => rig.tearDown());

    async function connected<T>(
      use: (connection: Awaited<ReturnType<Rig["driver"]["open"]>>) => Promise<T>,
    ): Promise<T> {
      const connection = await rig.driver.open(rig.config, context);
      try {
        return await use(connection);
      } finally {
        await connection.close();
      }
    }

    async function readAll(points: Point[]) {
      const samples = await connected((connection) => connection.read(points, context.signal));
      return [...samples].map((sample) =>
        sample.quality === "bad" ? sample.reason : sample.value,
      );
    }

    it("gives every type in every order", async () => {
      const points = layout.points.map(({ name, settings }) => point(name, settings));
      expect(await readAll(points)).toEqual(layout.points.map(({ value }) => value));
    });

    it("reads all four tables", async () => {
      const points = [
        point("coil", { address: "coil:2" }),
        point("off", { address: "coil:1" }),
        point("discrete", { address: "discrete:6" }),
        point("input", { address: "30011", type: "uint32" }),
        point("manual", { address: 40081 }),
      ];
      expect(await readAll(points)).toEqual([true, false, true, 0x12345678, 8]);
    });

    it("tells what is not available from what is refused, and spoils no neighbour", async () => {
      const points = [
        point("none", { address: "holding:300", type: "int16", nan: 0x8000 }),
        point("nan", { address: "holding:301", type: "float32" }),
        point("fine", { address: "holding:303" }),
        point("hole", { address: "holding:90" }),
        point("before", { address: "holding:89" }),
        point("after", { address: "holding:91" }),
      ];
      expect(await readAll(points)).toEqual([
        "not available (0x8000)",
        "not a number (0x7FC00000)",
        0,
        "illegal data address (exception 2)",
        8,
        9,
      ]);
    });

    it("reads its neighbours while a unit is absent", async () => {
      const points = [
        point("lost", { address: "holding:80" }, absent),
        point("present", { address: "holding:80" }),
      ];
      await connected(async (connection) => {
        for (let scan = 0; scan < 5; scan++) {
          const samples = [...(await connection.read(points, context.signal))];
          const [lost, present] = samples;
          expect(lost?.quality === "bad" && lost.reason).toMatch(/^timeout/);
          expect(present?.value).toBe(8);
        }
        const startedMs = performance.now();
        const [lost] = await connection.read(points, context.signal);
        expect(lost?.quality === "bad" && lost.reason).toMatch(
          /^timeout: no answer from unit \d+ within \d+ ms, next try in 15 s$/,
        );
        // The dead unit rests: nobody waits for it.
        expect(performance.now() - startedMs).toBeLessThan(1_000);
      });
    });

    it("writes what it then reads, in every order", async () => {
      const written: [object, Value][] = [
        [{ address: "holding:304" }, 4711],
        [{ address: "holding:305", type: "float32", order: "CDAB" }, 12.34],
        [{ address: "holding:304", type: "float32", order: "DCBA" }, -0.5],
        [{ address: "holding:304", type: "uint64", order: "CDAB" }, 2n ** 64n - 2n],
        [{ address: "holding:308", type: "string", length: 2 }, "ok"],
        [{ address: "holding:308", type: "bit", bit: 3 }, false],
        [{ address: "holding:309", type: "uint8", byte: "high" }, 200],
        [{ address: "coil:20" }, true],
      ];
      await connected(async (connection) => {
        for (const [settings, value] of written) {
          const target = point("target", settings);
          await connection.write?.(target, value, context.signal);
          const [sample] = await connection.read([target], context.signal);
          expect(sample?.value).toBe(value);
        }
      });
    });

    it("says who refused a write", async () => {
      await connected(async (connection) => {
        const write = (settings: object) =>
          connection.write?.(point("target", settings), 1, context.signal);
        await expect(write({ address: "holding:90" })).rejects.toMatchObject({
          name: "Refused",
          message: 'write modbus "meter/target" holding:90: illegal data address (exception 2)',
        });
        await expect(write({ address: "input:10" })).rejects.toThrow(/can only be read/);
      });
    });

    // mbpoll knows neither.
    if (type === "modbus-rtu-over-tcp" || type === "modbus-ascii") return;
    it("agrees with mbpoll", async () => {
      const flags = ["-a", String(UNIT_ID), "-0", "-1", "-q", "-r", String(FIRST), "-c", "20"];
      const [target, ...mode] = [...rig.mbpoll].reverse();
      const args = [...mode.reverse(), ...flags, "-t", "4:hex", target as string];
      const { stdout } = await run("mbpoll", args);
      const theirs = [...stdout.matchAll(/\]:\s+0x([0-9A-F]{4})/g)].map(([, hex]) =>
        Number.parseInt(hex as string, 16),
      );
      const points = theirs.map((_, index) =>
        point(`r${index}`, { address: `holding:${FIRST + index}` }),
      );
      expect(theirs).toHaveLength(20);
      expect(await readAll(points)).toEqual(theirs);
    });
  });
});
