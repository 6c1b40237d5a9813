import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { modbusRtuDriver } from "@headgate/drivers/modbus";
import { openVirtualLine } from "@headgate/drivers/testing";
import { type Context, silentLog, systemClock } from "@headgate/model";
import { type LibmodbusUnit, startLibmodbusUnit } from "../integration/peers/libmodbus-unit.ts";
import type { Figure } from "./figure.ts";
import { pointsOf, readAll } from "./modbus-points.ts";
import type { ModbusReading } from "./modbus-reader.ts";
import { quantile } from "./statistics.ts";

const DEVICES = [1, 10, 100];
const REGISTERS = 125;
const BITS = 10;
const ROUNDS = 5;
const { signal } = new AbortController();
const context: Context = { clock: systemClock, log: silentLog, signal, directory: "" };

/**
 * Registers per CPU second of the driver, of a bare socket with frames made by hand that makes a
 * number of every register too, and of the driver where each sample is looked at besides. Each
 * device is libmodbus in a process of its own: only the reader's time counts, and none is spared
 * that a device must be woken for each request, which one process for all would seldom sleep long
 * enough for.
 */
export async function modbusTcp(seconds: number): Promise<Figure[]> {
  const units: LibmodbusUnit[] = [];
  const figures: Figure[] = [];
  try {
    for (const devices of DEVICES) {
      while (units.length < devices) units.push(await startLibmodbusUnit("tcp"));
      const of = { ports: units.map(({ port }) => port), seconds: seconds / ROUNDS };
      const rates: Record<ModbusReading["by"], number[]> = { bare: [], driver: [], samples: [] };
      for (let round = 0; round < ROUNDS; round++) {
        rates.bare.push(await rateOf({ ...of, by: "bare" }));
        rates.driver.push(await rateOf({ ...of, by: "driver" }));
        rates.samples.push(await rateOf({ ...of, by: "samples" }));
      }
      const [bare, driver] = [quantile(rates.bare, 0.5), quantile(rates.driver, 0.5)];
      const looked = quantile(rates.samples, 0.5);
      const behind = 100 - (100 * driver) / bare;
      const name = devices === 1 ? "1 device" : `${devices} devices`;
      figures.push(
        { name: `bare socket, ${name}`, unit: "registers/CPU s", value: bare },
        { name: `driver, ${name}`, unit: "registers/CPU s", value: driver },
        { name: `behind a bare socket, ${name}`, unit: "%", value: behind },
        { name: `samples looked at, ${name}`, unit: "registers/CPU s", value: looked },
      );
    }
  } finally {
    await Promise.all(units.map((unit) => unit.stop()));
  }
  return figures;
}

async function rateOf(reading: ModbusReading): Promise<number> {
  const program = fileURLToPath(new URL("modbus-reader.ts", import.meta.url));
  const execArgv = ["--conditions=headgate-source"];
  const child = fork(program, [JSON.stringify(reading)], { execArgv });
  const [rate] = (await once(child, "message")) as [number];
  await once(child, "exit");
  return rate;
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
