import { SimClock } from "@headgate/model/testing";
import { loadClient } from "../src/modbus/client.ts";
import { ModbusConnection } from "../src/modbus/connection.ts";
import { crc16 } from "../src/modbus/crc16.ts";
import type { LessonsKeeper } from "../src/modbus/lessons-keeper.ts";
import { Line } from "../src/modbus/line.ts";
import { RtuPort } from "../src/modbus/rtu-port.ts";
import { VirtualUnit, type VirtualUnitTables } from "./virtual-meter-unit.ts";

/** A line of 9600 baud: every byte takes its time, nothing else does. */
export const BYTE_MS = 10_000 / 9600;
export const GAP_MS = 3.5 * BYTE_MS;

export interface SimulatedBusOptions {
  readonly units: Readonly<Record<number, VirtualUnitTables>>;
  readonly latencyMs: number;
  readonly timeoutMs: number;
  /** Silences in a row after which the line is lost; on a serial port never. */
  readonly timeoutsMax?: number;
  /** Silence after its own answer before it hears anything. */
  readonly turnaroundMs?: number;
  readonly pauseMs?: number;
  /** Silence that units are given until they are known. */
  readonly quietMs?: number;
  readonly clock?: SimClock;
  readonly lessons?: LessonsKeeper;
}

export type SimulatedBus = ReturnType<typeof createSimulatedBus>;

const createClient = await loadClient();
const { signal } = new AbortController();

/** Units on a serial line in virtual time, so that no machine is too busy for a test. */
export function createSimulatedBus(options: SimulatedBusOptions) {
  const { units, latencyMs, timeoutMs, turnaroundMs = 0, pauseMs = GAP_MS } = options;
  const { clock = new SimClock(), quietMs = 0, lessons } = options;
  const bus = new Map(
    Object.entries(units).map(([id, tables]) => [Number(id), new VirtualUnit(tables)]),
  );
  const asked: { unitId: number; from: number; atMs: number; count: number }[] = [];
  const deafUntilMs = new Map<number, number>();
  let receive: (bytes: Buffer) => void = () => {};
  const after = async (ms: number, act: () => void) => {
    await clock.sleep(ms, signal);
    act();
  };
  const hear = (request: Buffer, startedMs: number) => {
    const unitId = request[0] as number;
    const unit = bus.get(unitId);
    if (!unit || unit.faults.isSilent || startedMs < (deafUntilMs.get(unitId) ?? 0)) return;
    const answer = framed(unitId, unit.answer(request.subarray(1, -2)));
    const doneMs = latencyMs + answer.length * BYTE_MS;
    deafUntilMs.set(unitId, clock.monotonicMs() + doneMs + turnaroundMs);
    void after(doneMs, () => receive(answer));
  };
  const wire = {
    write(bytes: Buffer) {
      const request = Buffer.from(bytes);
      const atMs = clock.monotonicMs();
      asked.push({
        unitId: request[0] as number,
        atMs,
        from: request.readUInt16BE(2),
        count: request.readUInt16BE(4),
      });
      void after(request.length * BYTE_MS, () => hear(request, atMs));
    },
    listen(onBytes: (bytes: Buffer) => void) {
      receive = onBytes;
    },
    destroy: () => {},
  };
  const port = new RtuPort({ wire, clock, pauseMs, byteMs: BYTE_MS });
  const line = new Line({ port, client: createClient(port), clock });
  const { timeoutsMax = Number.POSITIVE_INFINITY } = options;
  const settings = { line, clock, where: "bus", timeoutMs, timeoutsMax, quietMs };
  const connection = new ModbusConnection({ ...settings, ...(lessons && { lessons }) });
  return { clock, asked, connection, unit: (id: number) => bus.get(id) as VirtualUnit };
}

function framed(unitId: number, pdu: Buffer): Buffer {
  const frame = Buffer.concat([Buffer.from([unitId]), pdu, Buffer.alloc(2)]);
  frame.writeUInt16LE(crc16(frame, 0, frame.length - 2), frame.length - 2);
  return frame;
}
