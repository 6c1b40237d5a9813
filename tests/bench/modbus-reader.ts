// Reads 125 registers of each device again and again, by a bare socket or by the driver, and tells
// its parent how many registers a CPU second is good for. A process of its own for each: what one
// made of the heap and of compiled code would be counted against the next.
import { connect, type Socket } from "node:net";
import { modbusTcpDriver } from "@headgate/drivers/modbus";
import { type Context, type Samples, silentLog, systemClock } from "@headgate/model";
import { allGood, pointsOf } from "./modbus-points.ts";

/** What the parent asks for. */
export interface ModbusReading {
  readonly by: "bare" | "driver" | "samples";
  /** One a device. */
  readonly ports: readonly number[];
  readonly seconds: number;
}

const REGISTERS = 125;
const LOOK_EVERY = 64 * REGISTERS;
const WARM_UP_MS = 1500;
const { signal } = new AbortController();
const context: Context = { clock: systemClock, log: silentLog, signal, directory: "" };

/** One read; the bare one gives nothing to look at. */
type Loop = () => Promise<Samples | undefined>;

/** Registers per CPU second while `read` runs again and again in each of so many loops. */
async function perCpuSecond(loops: readonly Loop[], seconds: number, lookEvery = LOOK_EVERY) {
  let count = 0;
  let isCounting = false;
  let endMs = performance.now() + WARM_UP_MS;
  const run = async () =>
    await Promise.all(
      loops.map(async (read) => {
        while (performance.now() < endMs) {
          const samples = await read();
          if (samples && count % lookEvery === 0) allGood(samples);
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

async function bareSockets({ ports, seconds }: ModbusReading): Promise<number> {
  const sockets = await Promise.all(ports.map(openSocket));
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
function bareReader(socket: Socket): Loop {
  const request = Buffer.from([0, 0, 0, 0, 0, 6, 1, 3, 0, 0, 0, REGISTERS]);
  const values = new Float64Array(REGISTERS);
  let id = 0;
  let rest: Buffer = Buffer.alloc(0);
  let done: (nothing: undefined) => void = () => {};
  socket.on("data", (bytes: Buffer) => {
    rest = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes;
    if (rest.length < 9 + 2 * REGISTERS) return;
    if (rest.readUInt16BE(0) !== id) throw new Error("an answer to another request");
    for (let at = 0; at < REGISTERS; at++) values[at] = rest.readUInt16BE(9 + 2 * at);
    rest = rest.subarray(9 + 2 * REGISTERS);
    done(undefined);
  });
  return () =>
    new Promise<undefined>((resolve) => {
      done = resolve;
      id = (id + 1) & 0xffff;
      request.writeUInt16BE(id, 0);
      socket.write(request);
    });
}

/** The driver makes values, and samples of those that are looked at: all, or some now and then. */
async function drivers({ ports, seconds, by }: ModbusReading): Promise<number> {
  const open = (port: number) => {
    const config = { host: "127.0.0.1", port, timeout: "10 s" };
    return modbusTcpDriver.open(modbusTcpDriver.configSchema.parse(config), context);
  };
  const connections = await Promise.all(ports.map(open));
  const points = pointsOf(REGISTERS);
  const loops = connections.map((connection) => () => connection.read(points, signal));
  const lookEvery = by === "samples" ? REGISTERS : LOOK_EVERY;
  const rate = await perCpuSecond(loops, seconds, lookEvery);
  for (const connection of connections) allGood(await connection.read(points, signal));
  for (const connection of connections) await connection.close();
  return rate;
}

const reading = JSON.parse(process.argv[2] ?? "") as ModbusReading;
const read = reading.by === "bare" ? bareSockets : drivers;
const rate = await read(reading);
process.send?.(rate, undefined, undefined, () => process.exit(0));
