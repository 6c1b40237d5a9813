import type { Sample } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { addressSchema } from "../src/modbus/address.ts";
import { loadClient } from "../src/modbus/client.ts";
import { ModbusConnection } from "../src/modbus/connection.ts";
import { Line } from "../src/modbus/line.ts";
import type { ModbusPoint } from "../src/modbus/read-plan.ts";
import { RegisterCache } from "../src/modbus/register-cache.ts";
import { deviceSchema } from "../src/modbus/settings.ts";
import { TcpPort } from "../src/modbus/tcp-port.ts";
import { lendBytes } from "./lend-bytes.ts";

/** What was asked over a scripted socket, and when (monotonic). */
export interface ScriptedRead {
  readonly id: number;
  readonly unitId: number;
  readonly code: number;
  readonly from: number;
  readonly count: number;
  readonly atMs: number;
}

export interface ScriptedSocketOptions {
  readonly timeoutMs: number;
  readonly timeoutsMax?: number;
  /** What guests are answered from; 0: nothing is kept for them. */
  readonly maxAgeMs?: number;
  /** Silence that units are given until they are known. */
  readonly quietMs?: number;
  /** Silence before each request. */
  readonly pauseMs?: number;
}

const STEP_MS = 10;
const STEPS_MAX = 5000;
const createClient = await loadClient();

/** A Modbus socket in virtual time, with units behind it that do as a test tells them. */
export class ScriptedSocket {
  readonly clock = new SimClock();
  readonly asked: ScriptedRead[] = [];
  readonly connection: ModbusConnection;
  /** What a register holds; of a coil only whether it is odd. */
  valueOf: (at: number, unitId: number) => number = (at) => at;
  /** An exception's code; null for an answer, "silent" for none, "late" for one before the next. */
  refusalOf: (read: ScriptedRead) => number | "silent" | "late" | null = () => null;
  /** How what is sent comes: in which pieces. */
  piecesOf: (bytes: Buffer) => readonly Buffer[] = (bytes) => [bytes];
  latencyMs = 0;
  #answeredCount = 0;
  #late: readonly Buffer[] = [];
  #hear: (bytes: Buffer) => void = () => {};

  constructor({ maxAgeMs = 0, pauseMs = 0, ...options }: ScriptedSocketOptions) {
    const { clock } = this;
    const wire = {
      write: (bytes: Buffer) => void this.asked.push(readOf(bytes, clock.monotonicMs())),
      listen: (onBytes: (bytes: Buffer) => void) => {
        this.#hear = lendBytes(onBytes);
      },
      destroy: () => {},
    };
    const port = new TcpPort({ wire, clock, pauseMs });
    const line = new Line({ port, client: createClient(port), clock });
    const cache = maxAgeMs > 0 ? new RegisterCache(maxAgeMs) : undefined;
    const settings = { where: "socket", timeoutsMax: 99, ...options };
    this.connection = new ModbusConnection({ line, clock, cache, ...settings });
  }

  /** Does as the script says with what was asked last, unless that is done. */
  async answer(): Promise<void> {
    const read = this.asked.at(-1);
    if (!read || this.#answeredCount === this.asked.length) return;
    this.#answeredCount = this.asked.length;
    await this.clock.advance(this.latencyMs);
    const refusal = this.refusalOf(read);
    if (refusal === "silent") return;
    const isRefused = typeof refusal === "number";
    const sent = framed(read, isRefused ? [read.code | 0x80, refusal] : this.#answerTo(read));
    const late = this.#late;
    this.#late = refusal === "late" ? [...late, sent] : [];
    if (refusal === "late") return;
    for (const piece of this.piecesOf(Buffer.concat([...late, sent]))) this.#hear(piece);
    await this.clock.advance(0);
  }

  /** Answers until it is settled. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const note = () => {
      isSettled = true;
    };
    promise.then(note, note);
    for (let step = 0; step < STEPS_MAX; step++) {
      await this.clock.advance(0);
      if (isSettled) return await promise;
      const isAsked = this.#answeredCount < this.asked.length;
      await (isAsked ? this.answer() : this.clock.advance(STEP_MS));
    }
    throw new Error("it does not settle");
  }

  async read(points: readonly ModbusPoint[]): Promise<Sample[]> {
    return [...(await this.settle(this.connection.read(points, new AbortController().signal)))];
  }

  #answerTo({ unitId, code, from, count }: ScriptedRead): number[] {
    const values = Array.from({ length: count }, (_, nth) => this.valueOf(from + nth, unitId));
    const bytes = code <= 2 ? bitsOf(values) : values.flatMap((value) => [value >> 8, value]);
    return [code, bytes.length, ...bytes];
  }
}

/** Points of one device, each a holding register or of another table. */
export function registersOf(unitId: number, addresses: readonly number[], table = "holding") {
  const device = deviceSchema.parse({ unitId, maxGap: 0 });
  return addresses.map((from): ModbusPoint => {
    const address = addressSchema.parse({ address: `${table}:${from}` });
    return { id: `${unitId}/${from}`, address, device };
  });
}

function readOf(frame: Buffer, atMs: number): ScriptedRead {
  const [id, from, count] = [0, 8, 10].map((at) => frame.readUInt16BE(at));
  return { id, unitId: frame[6], code: frame[7], from, count, atMs } as ScriptedRead;
}

function bitsOf(values: readonly number[]): number[] {
  const bytes = Array.from({ length: Math.ceil(values.length / 8) }, () => 0);
  for (const [at, value] of values.entries()) {
    bytes[at >> 3] = (bytes[at >> 3] as number) | ((value & 1) << (at & 7));
  }
  return bytes;
}

function framed({ id, unitId }: ScriptedRead, pdu: readonly number[]): Buffer {
  return Buffer.from([id >> 8, id & 0xff, 0, 0, 0, pdu.length + 1, unitId, ...pdu]);
}
