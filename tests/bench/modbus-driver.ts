import { connect, type Socket } from "node:net";
import { modbusRtuDriver, modbusTcpDriver } from "@headgate/drivers/modbus";
import { openVirtualLine } from "@headgate/drivers/testing";
import { type Connection, type Context, silentLog, systemClock } from "@headgate/model";
import { startLibmodbusUnit } from "../integration/peers/libmodbus-unit.ts";
import type { Figure } from "./figure.ts";

const DEVICES = [1, 10, 100];
const REGISTERS = 125;
const BITS = 10;
const ROUNDS = 2;
const { signal } = new AbortController();
const context: Context = { clock: systemClock, log: silentLog, signal, directory: "" };

type Address = ReturnType<typeof modbusTcpDriver.addressSchema.parse>;
type Device = NonNullable<ReturnType<NonNullable<typeof modbusTcpDriver.deviceSchema>["parse"]>>;

/**
 * Registers per CPU second of the driver, with values and samples made of them, and of a bare
 * socket with frames made by hand that looks at every register too. The device is libmodbus in a
 * process of its own, so that only the reader's time counts.
 */
export async function modbusTcp(seconds: number): Promise<Figure[]> {
  const device = await startLibmodbusUnit("tcp");
  const figures: Figure[] = [];
  try {
    for (const devices of DEVICES) {
      const rates = { bare: 0, driver: 0 };
      for (let round = 0; round < ROUNDS; round++) {
        rates.bare += await bareSockets(device.port, devices, seconds / ROUNDS);
        rates.driver += await drivers(device.port, devices, seconds / ROUNDS);
      }
      const behind = 100 - (100 * rates.driver) / rates.bare;
      const of = devices === 1 ? "1 device" : `${devices} devices`;
      figures.push(
        { name: `bare socket, ${of}`, unit: "registers/CPU s", value: rates.bare / ROUNDS },
        { name: `driver, ${of}`, unit: "registers/CPU s", value: rates.driver / ROUNDS },
        { name: `behind a bare socket, ${of}`, unit: "%", value: behind },
      );
    }
  } finally {
    await device.stop();
  }
  return figures;
}

/** Registers per CPU second while `read` runs again and again in each of so many loops. */
async function perCpuSecond(loops: readonly (() => Promise<unknown>)[], seconds: number) {
  let count = 0;
  let isCounting = false;
  let endMs = performance.now() + 500;
  const run = async () =>
    await Promise.all(
      loops.map(async (read) => {
        while (performance.now() < endMs) {
          await read();
          if (isCounting) count += REGISTERS;
        }
      }),
    );
  // Compiled and warm before it counts.
  await run();
  isCounting = true;
  endMs = performance.now() + seconds * 1000;
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (count * 1e6) / (user + system);
}

async function bareSockets(port: number, devices: number, seconds: number): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: devices }, () => openSocket(port)));
  const rate = await perCpuSecond(sockets.map(bareReader), seconds);
  for (const socket of sockets) socket.destroy();
  return rate;
}

async function openSocket(port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  return socket;
}

/** One request at a time, its answer turned into numbers. */
function bareReader(socket: Socket): () => Promise<unknown> {
  const request = Buffer.from([0, 0, 0, 0, 0, 6, 1, 3, 0, 0, 0, REGISTERS]);
  const values = new Float64Array(REGISTERS);
  let id = 0;
  let rest: Buffer = Buffer.alloc(0);
  let done: () => void = () => {};
  socket.on("data", (bytes: Buffer) => {
    rest = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes;
    if (rest.length < 9 + 2 * REGISTERS) return;
    if (rest.readUInt16BE(0) !== id) throw new Error("an answer to another request");
    for (let at = 0; at < REGISTERS; at++) values[at] = rest.readUInt16BE(9 + 2 * at);
    rest = rest.subarray(9 + 2 * REGISTERS);
    done();
  });
  return () =>
    new Promise<void>((resolve) => {
      done = resolve;
      id = (id + 1) & 0xffff;
      request.writeUInt16BE(id, 0);
      socket.write(request);
    });
}

async function drivers(port: number, devices: number, seconds: number): Promise<number> {
  const config = modbusTcpDriver.configSchema.parse({ host: "127.0.0.1", port, timeout: "10 s" });
  const open = () => modbusTcpDriver.open(config, context);
  const connections = await Promise.all(Array.from({ length: devices }, open));
  const points = pointsOf(REGISTERS);
  const loops = connections.map((connection) => () => readAll(connection, points));
  const rate = await perCpuSecond(loops, seconds);
  for (const connection of connections) await connection.close();
  return rate;
}

function pointsOf(count: number) {
  const device = modbusTcpDriver.deviceSchema?.parse({ unitId: 1 }) as Device;
  return Array.from({ length: count }, (_, at) => ({
    id: `meter/${at}`,
    address: modbusTcpDriver.addressSchema.parse({ address: `holding:${at}` }),
    device,
  }));
}

async function readAll(
  connection: Connection<Address, Device>,
  points: ReturnType<typeof pointsOf>,
): Promise<void> {
  const samples = await connection.read(points, signal);
  if (samples.some(({ quality }) => quality === "bad")) throw new Error("a bad sample");
}

/** How near it comes to what a serial line carries: its characters, and the silences it needs. */
export async function modbusRtu(seconds: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const baudRate of [9600, 115_200]) {
    const line = await openVirtualLine({ baudRate, portCount: 1 });
    const device = await startLibmodbusUnit({ path: line.ports[0] ?? "", baudRate });
    try {
      for (const registers of [10, REGISTERS]) {
        const rate = await exchangesPerSecond({ path: line.path, baudRate, registers, seconds });
        const limit = 1000 / exchangeMs(baudRate, registers);
        const of = `${baudRate} baud, ${registers} registers`;
        figures.push(
          { name: `exchanges, ${of}`, unit: "1/s", value: rate },
          { name: `behind the line, ${of}`, unit: "%", value: 100 - (100 * rate) / limit },
        );
      }
    } finally {
      await device.stop();
      await line.close();
    }
  }
  return figures;
}

interface RtuRun {
  readonly path: string;
  readonly baudRate: number;
  readonly registers: number;
  readonly seconds: number;
}

async function exchangesPerSecond({ path, baudRate, registers, seconds }: RtuRun) {
  const settings = { path, baudRate, turnaround: 0, timeout: "5 s" };
  const config = modbusRtuDriver.configSchema.parse(settings);
  const connection = await modbusRtuDriver.open(config, context);
  const points = pointsOf(registers);
  await readAll(connection, points);
  const startMs = performance.now();
  let count = 0;
  while (performance.now() < startMs + seconds * 1000) {
    await readAll(connection, points);
    count++;
  }
  const elapsedMs = performance.now() - startMs;
  await connection.close();
  return (count * 1000) / elapsedMs;
}

/** Request and answer, and before each 3.5 characters of silence, above 19200 baud 1.75 ms. */
function exchangeMs(baudRate: number, registers: number): number {
  const characterMs = (1000 * BITS) / baudRate;
  const gapMs = baudRate > 19_200 ? 1.75 : 3.5 * characterMs;
  return (8 + 5 + 2 * registers) * characterMs + 2 * gapMs;
}
