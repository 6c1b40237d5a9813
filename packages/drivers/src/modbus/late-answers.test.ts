import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Clock, type Connection, silentLog, systemClock, Unreachable } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { describe, expect, it } from "vitest";
import type { Address } from "./address.ts";
import { loadClient } from "./client.ts";
import { ModbusConnection } from "./connection.ts";
import { crc16 } from "./crc16.ts";
import { modbusRtuDriver, modbusRtuOverTcpDriver, modbusTcpDriver } from "./driver.ts";
import { Line } from "./line.ts";
import { RtuPort } from "./rtu-port.ts";
import type { Device } from "./settings.ts";

const SILENT = "timeout: no answer from unit 1 within 60 ms";

const TIMEOUT_MS = 60;
const { signal } = new AbortController();
const createClient = await loadClient();

/** A unit that answers when the test says so, in the order it was asked. */
function heldUnit(clock: Clock = systemClock, timeoutMs = TIMEOUT_MS) {
  const asked: Buffer[] = [];
  let receive: (bytes: Buffer) => void = () => {};
  const wire = {
    write: (bytes: Buffer) => void asked.push(Buffer.from(bytes)),
    listen: (onBytes: (bytes: Buffer) => void) => {
      receive = onBytes;
    },
    destroy: () => {},
  };
  const port = new RtuPort({ wire, clock, pauseMs: 0, byteMs: 0 });
  const line = new Line({ port, client: createClient(port), clock });
  const options = { where: "here", timeoutMs, timeoutsMax: 99 };
  const connection = new ModbusConnection({ line, clock, ...options });
  async function untilAsked(count: number): Promise<void> {
    while (asked.length < count) await sleep(1);
  }
  const answer = (index: number, exception?: number) => {
    const request = asked[index] as Buffer;
    const refusal = [1, (request[1] as number) | 0x80, exception ?? 0];
    receive(withCrc(exception === undefined ? valuesFor(request) : refusal));
  };
  return { connection, asked, answer, untilAsked };
}

/** Each register holds its own address. */
function valuesFor(request: Buffer): number[] {
  const from = request.readUInt16BE(2);
  const count = request.readUInt16BE(4);
  const values = Array.from({ length: count }, (_, index) => from + index);
  return [
    1,
    request[1] as number,
    2 * count,
    ...values.flatMap((value) => [value >> 8, value & 0xff]),
  ];
}

function withCrc(bytes: number[]): Buffer {
  const crc = crc16(Uint8Array.from(bytes));
  return Buffer.from([...bytes, crc & 0xff, crc >> 8]);
}

const device = modbusRtuDriver.deviceSchema?.parse({ unitId: 1 }) as Device;

async function read(connection: Connection<Address, Device>, from: number, type = "uint16") {
  const address = modbusRtuDriver.addressSchema.parse({ address: `holding:${from}`, type });
  const [sample] = await connection.read([{ id: "p", address, device }], signal);
  return sample?.quality === "bad" ? sample.reason : sample?.value;
}

const countsOf = (asked: readonly Buffer[]) => asked.map((request) => request.readUInt16BE(4));

describe("answers without an id that come late", () => {
  it("are told from the probe's, however many are owed", async () => {
    const { connection, asked, answer, untilAsked } = heldUnit();
    expect(await read(connection, 100)).toBe(SILENT);
    expect(await read(connection, 200)).toBe(SILENT);
    const third = read(connection, 300);
    await untilAsked(3);
    answer(0);
    answer(1);
    answer(2);
    await untilAsked(4);
    answer(3);
    expect(await third).toBe(300);
    expect(countsOf(asked)).toEqual([1, 2, 3, 1]);
  });

  it("are waited for once an exception may have been one", async () => {
    const { connection, asked, answer, untilAsked } = heldUnit();
    expect(await read(connection, 100)).toBe(SILENT);
    const second = read(connection, 0x0200, "uint32");
    await untilAsked(2);
    answer(0, 2);
    await untilAsked(3);
    // The probe's own, two registers long as the one that is to come; then a function unknown.
    answer(1);
    answer(2, 1);
    await untilAsked(4);
    answer(3);
    expect(await second).toBe(0x02000201);
    expect(countsOf(asked)).toEqual([1, 2, 1, 2]);
    expect(asked.map((request) => request[1])).toEqual([3, 3, 4, 3]);
  });

  it("pass for none of their length while they may still come after an exception", async () => {
    const clock = new SimClock();
    const { connection, asked, answer } = heldUnit(clock, 1000);
    const first = read(connection, 100);
    await clock.advance(1001);
    expect(await first).toMatch(/^timeout/);
    const second = read(connection, 0x0200, "uint32");
    await clock.advance(1);
    // Late, and a device in trouble: this is the first one's. All others stay out for long.
    answer(0, 6);
    await clock.advance(2500);
    expect(await second).toMatch(/^not asked: the late answer/);
    const third = read(connection, 0x0300, "uint32");
    await clock.advance(1);
    answer(1);
    answer(3);
    await clock.advance(400);
    answer(4);
    expect(await third).toBe(0x03000301);
    expect(asked.map((request) => request[1])).toEqual([3, 3, 4, 3, 3]);
    expect(countsOf(asked)).toEqual([1, 2, 1, 3, 2]);
  });

  it("are still owed after a gateway's late exception", async () => {
    const { connection, asked, answer, untilAsked } = heldUnit();
    expect(await read(connection, 100)).toBe(SILENT);
    const second = read(connection, 0x0200, "uint32");
    await untilAsked(2);
    answer(0, 11);
    expect(await second).toMatch(/^gateway target failed/);
    const third = read(connection, 0x0200, "uint32");
    await untilAsked(3);
    answer(1);
    answer(2);
    await untilAsked(4);
    answer(3);
    expect(await third).toBe(0x02000201);
    expect(countsOf(asked)).toEqual([1, 2, 3, 2]);
  });
});

describe("an answer that a serial server hands to the next connection", () => {
  it("is nobody's", async () => {
    const asked: Buffer[] = [];
    let connectionCount = 0;
    const server = createServer((socket) => {
      connectionCount++;
      // The first is left without any answer; what it was owed comes once the second asks.
      const isFirst = connectionCount === 1;
      socket.on("error", () => socket.destroy());
      socket.on("data", (request: Buffer) => {
        asked.push(request);
        if (isFirst) return;
        if (asked.length === 3) socket.write(withCrc(valuesFor(asked[0] as Buffer)));
        socket.write(withCrc(valuesFor(request)));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const config = modbusRtuOverTcpDriver.configSchema.parse({
      ...{ host: "127.0.0.1", port, timeout: TIMEOUT_MS },
    });
    const context = { clock: systemClock, log: silentLog, signal, directory: "" };
    const open = () => modbusRtuOverTcpDriver.open(config, context);
    const first = await open();
    expect(await read(first, 100)).toBe(SILENT);
    await expect(read(first, 100)).rejects.toThrow(Unreachable);
    await first.close();
    const second = await open();
    try {
      expect(await read(second, 200)).not.toBe(100);
      await expect.poll(() => read(second, 200), { timeout: 20_000 }).toBe(200);
    } finally {
      await second.close();
      server.close();
    }
  });

  it("is nobody's over Modbus TCP, though each has only just begun to ask", async () => {
    const asked: Buffer[] = [];
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.on("data", (request: Buffer) => {
        asked.push(request);
        // A gateway with one client has this one's answer for the last client, too.
        if (asked.length > 1) for (const one of asked) socket.write(tcpAnswer(one));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const context = { clock: systemClock, log: silentLog, signal, directory: "" };
    const settings = { host: "127.0.0.1", port, timeout: "1 min" };
    const open = () => modbusTcpDriver.open(modbusTcpDriver.configSchema.parse(settings), context);
    const first = await open();
    const lost = expect(read(first, 100)).rejects.toThrow(Unreachable);
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBe(1);
    await first.close();
    await lost;
    const second = await open();
    try {
      expect(await read(second, 200)).toBe(200);
    } finally {
      await second.close();
      server.close();
    }
  });
});

/** The same as an RTU frame says, with the request's own head. */
function tcpAnswer(request: Buffer): Buffer {
  const answer = Buffer.from(valuesFor(request.subarray(6)));
  const head = Buffer.from(request.subarray(0, 6));
  head.writeUInt16BE(answer.length, 4);
  return Buffer.concat([head, answer]);
}
