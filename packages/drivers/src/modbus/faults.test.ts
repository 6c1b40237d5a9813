import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Sample, silentLog, systemClock, Unreachable } from "@headgate/model";
import { afterEach, describe, expect, it } from "vitest";
import { crc16 } from "./crc16.ts";
import { modbusRtuOverTcpDriver, modbusTcpDriver } from "./driver.ts";
import type { ModbusPoint } from "./read-plan.ts";

const SILENT = "timeout: no answer from unit 1 within 200 ms";

// A device written by hand, byte by byte, so that it can do what no library lets it do.
type Misbehave = (socket: Socket, request: Buffer) => void;

const TIMEOUT_MS = 200;
let server: Server | null = null;
let close: (() => Promise<void>) | null = null;
const signal = new AbortController().signal;
const context = { clock: systemClock, log: silentLog, signal, directory: "" };

afterEach(async () => {
  await close?.();
  server?.close();
  server = null;
  close = null;
});

async function connect(framing: "tcp" | "rtu", misbehave: Misbehave, settings: object = {}) {
  server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes) => misbehave(socket, bytes));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const own = { host: "127.0.0.1", port, timeout: TIMEOUT_MS, ...settings };
  const connection =
    framing === "tcp"
      ? await modbusTcpDriver.open(modbusTcpDriver.configSchema.parse(own), context)
      : await modbusRtuOverTcpDriver.open(
          modbusRtuOverTcpDriver.configSchema.parse({ turnaround: 1, ...own }),
          context,
        );
  close = () => connection.close();
  return connection;
}

const device = modbusTcpDriver.deviceSchema?.parse({ unitId: 1, oneRequestPerPoint: true });

function register(from: number): ModbusPoint {
  const address = modbusTcpDriver.addressSchema.parse({ address: `holding:${from}` });
  if (!device) throw new Error("the driver has a device schema");
  return { id: `meter/${from}`, address, device };
}

const outcomeOf = (sample?: Sample) =>
  sample?.quality === "bad" ? sample.reason : (sample?.value as number);

/** A right answer: each register holds its own address. */
function tcpAnswer(request: Buffer, { id = request.readUInt16BE(0), unitId = request[6] } = {}) {
  const count = request.readUInt16BE(10);
  const answer = Buffer.alloc(9 + 2 * count);
  answer.writeUInt16BE(id, 0);
  answer.writeUInt16BE(3 + 2 * count, 4);
  answer.set([unitId ?? 0, request[7] as number, 2 * count], 6);
  for (let i = 0; i < count; i++) answer.writeUInt16BE(request.readUInt16BE(8) + i, 9 + 2 * i);
  return answer;
}

function rtuAnswer(request: Buffer): Buffer {
  const count = request.readUInt16BE(4);
  const body = Buffer.alloc(3 + 2 * count);
  body.set([request[0] as number, request[1] as number, 2 * count]);
  for (let i = 0; i < count; i++) body.writeUInt16BE(request.readUInt16BE(2) + i, 3 + 2 * i);
  return withCrc(body);
}

function withCrc(body: Buffer): Buffer {
  const crc = Buffer.alloc(2);
  crc.writeUInt16LE(crc16(body));
  return Buffer.concat([body, crc]);
}

describe("Modbus TCP against a misbehaving device", () => {
  it("drops a late answer instead of giving it to the next request", async () => {
    let count = 0;
    const late: Misbehave = (socket, request) => {
      const answer = tcpAnswer(request);
      if (count++ === 0) setTimeout(() => socket.write(answer), TIMEOUT_MS + 60);
      else setTimeout(() => socket.write(answer), 100);
    };
    const connection = await connect("tcp", late, { timeoutsMax: 9 });
    const points = [100, 200, 300].map((from) => [register(from)]);
    const values: unknown[] = [];
    for (const one of points) values.push(outcomeOf((await connection.read(one, signal)).at(0)));
    expect(values).toEqual([SILENT, 200, 300]);
  });

  it("takes no answer with a wrong transaction id or from another unit", async () => {
    const answers = [{ id: 0x7777 }, { unitId: 9 }];
    const wrong: Misbehave = (socket, request) => {
      socket.write(tcpAnswer(request, answers.shift() ?? {}));
    };
    const connection = await connect("tcp", wrong, { timeoutsMax: 9 });
    const read = async () => outcomeOf((await connection.read([register(5)], signal)).at(0));
    expect(await read()).toBe(SILENT);
    expect(await read()).toBe(SILENT);
    expect(await read()).toBe(5);
  });

  it.each([0, 255])("takes the answer of a gateway that calls itself unit %d", async (unitId) => {
    const connection = await connect("tcp", (socket, request) => {
      socket.write(tcpAnswer(request, { unitId }));
    });
    expect(outcomeOf((await connection.read([register(5)], signal)).at(0))).toBe(5);
  });

  const breaks: readonly [string, Misbehave][] = [
    ["a huge length", (socket) => socket.write(Buffer.from("00010000ffff0103", "hex"))],
    ["another protocol id", (socket) => socket.write(Buffer.from("00010001000501030200ff", "hex"))],
    ["another protocol", (socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["a reset", (socket) => socket.resetAndDestroy()],
    ["an end", (socket) => socket.end()],
    ["an end in the middle", (socket, r) => socket.end(tcpAnswer(r).subarray(0, 8))],
  ];
  it.each(breaks)("rejects at once after %s", async (_name, misbehave) => {
    const connection = await connect("tcp", misbehave, { timeout: 20_000 });
    const startedMs = performance.now();
    await expect(connection.read([register(5)], signal)).rejects.toBeInstanceOf(Unreachable);
    expect(performance.now() - startedMs).toBeLessThan(5000);
    await expect(connection.read([register(5)], signal)).rejects.toBeInstanceOf(Unreachable);
  });

  it("gives up a line on which nobody answers, after two timeouts", async () => {
    const connection = await connect("tcp", () => {});
    expect(outcomeOf((await connection.read([register(5)], signal)).at(0))).toBe(SILENT);
    await expect(connection.read([register(5)], signal)).rejects.toThrow(/2 requests in a row/);
  });

  it("puts an answer together that comes byte by byte", async () => {
    const drip: Misbehave = async (socket, request) => {
      for (const byte of tcpAnswer(request)) {
        socket.write(Buffer.from([byte]));
        await sleep(1);
      }
    };
    const connection = await connect("tcp", drip, { timeout: 2000 });
    const samples = [...(await connection.read([register(5), register(9)], signal))];
    expect(samples.map(outcomeOf)).toEqual([5, 9]);
  });

  it("says of a short answer that it is malformed, and reads on", async () => {
    let count = 0;
    const short: Misbehave = (socket, request) => {
      const asked = Buffer.from(request);
      if (count++ === 0) asked.writeUInt16BE(0, 10);
      socket.write(tcpAnswer(asked));
    };
    const connection = await connect("tcp", short);
    const samples = [...(await connection.read([register(5), register(9)], signal))];
    expect(samples.map(outcomeOf)).toEqual(["malformed answer: answered 2 bytes instead of 4", 9]);
  });

  it("ends a request under way when it is closed", async () => {
    const connection = await connect("tcp", () => {}, { timeout: 20_000 });
    const reading = connection.read([register(5)], signal);
    await sleep(20);
    await connection.close();
    await expect(reading).rejects.toBeInstanceOf(Unreachable);
  });
});

describe("RTU frames against a misbehaving device", () => {
  it("never gives a late answer to a later request, however often it is late", async () => {
    const late: Misbehave = (socket, request) => {
      const answer = rtuAnswer(request);
      setTimeout(() => socket.write(answer), TIMEOUT_MS + 50);
    };
    const connection = await connect("rtu", late, { timeoutsMax: 99 });
    for (const from of [100, 200, 300, 400, 500, 600]) {
      const [sample] = await connection.read([register(from)], signal);
      expect(outcomeOf(sample)).toMatch(/^timeout/);
    }
  });

  it("reads right values again after a late answer", async () => {
    // One thing after the other, as a device does: the second answer waits for the first.
    const delaysMs = [TIMEOUT_MS + 50];
    let answered = Promise.resolve();
    const onceLate: Misbehave = (socket, request) => {
      answered = answered
        .then(() => sleep(delaysMs.shift() ?? 5))
        .then(() => void socket.write(rtuAnswer(request)));
    };
    const connection = await connect("rtu", onceLate);
    const values: unknown[] = [];
    for (const from of [100, 200, 300]) {
      values.push(outcomeOf((await connection.read([register(from)], signal)).at(0)));
    }
    expect(values).toEqual([SILENT, 200, 300]);
  });

  it("finds the answer among garbage, and takes none with a bad CRC", async () => {
    const noise = Buffer.from("010302ffff00ff0103", "hex");
    const noisy: Misbehave = (socket, request) => {
      socket.write(Buffer.concat([noise, rtuAnswer(request).subarray(0, 3)]));
      setTimeout(() => socket.write(rtuAnswer(request).subarray(3)), 10);
    };
    const connection = await connect("rtu", noisy);
    const samples = [...(await connection.read([register(5), register(9)], signal))];
    expect(samples.map(outcomeOf)).toEqual([5, 9]);
  });

  it("takes no answer of another unit", async () => {
    const other: Misbehave = (socket, request) => {
      socket.write(withCrc(Buffer.concat([Buffer.from([9]), rtuAnswer(request).subarray(1, -2)])));
    };
    const connection = await connect("rtu", other, { timeoutsMax: 9 });
    expect(outcomeOf((await connection.read([register(5)], signal)).at(0))).toBe(SILENT);
  });

  it("reads through an adapter that hears itself", async () => {
    const echoing: Misbehave = (socket, request) => {
      socket.write(Buffer.concat([request, rtuAnswer(request)]));
    };
    const connection = await connect("rtu", echoing);
    const samples = [...(await connection.read([register(0x0200), register(9)], signal))];
    expect(samples.map(outcomeOf)).toEqual([0x0200, 9]);
  });

  it("takes an echo for no answer to a write", async () => {
    // The adapter echoes, nobody is behind it: FC 6 would be answered by the very same bytes.
    const connection = await connect("rtu", (socket, request) => socket.write(request), {
      timeoutsMax: 9,
    });
    const written = connection.write?.(register(5), 1, signal);
    await expect(written).rejects.toThrow(/whether it took effect is unknown/);
  });

  it("takes an echo for no answer of a unit that answers reads only", async () => {
    const echoing: Misbehave = (socket, request) => {
      socket.write(request[1] === 6 ? request : Buffer.concat([request, rtuAnswer(request)]));
    };
    const connection = await connect("rtu", echoing);
    await connection.read([register(5)], signal);
    const written = connection.write?.(register(5), 1, signal);
    await expect(written).rejects.toThrow(/whether it took effect is unknown/);
  });

  it("broadcasts to unit 0 without waiting for an answer, and reads nothing from it", async () => {
    const heard: string[] = [];
    const connection = await connect("rtu", (_socket, request) => {
      heard.push(request.toString("hex"));
    });
    const everyone = { ...register(5), device: { ...register(5).device, unitId: 0 } };
    await connection.write?.(everyone, 1, signal);
    const [sample] = await connection.read([everyone], signal);
    expect(outcomeOf(sample)).toMatch(/^unit 0 is for broadcasts/);
    expect(heard).toEqual([withCrc(Buffer.from("000600050001", "hex")).toString("hex")]);
  });

  it("writes through an adapter that hears itself", async () => {
    const echoing: Misbehave = (socket, request) => {
      const answer = request[1] === 6 ? request : rtuAnswer(request);
      socket.write(Buffer.concat([request, answer]));
    };
    const connection = await connect("rtu", echoing);
    await connection.write?.(register(5), 1, signal);
    await connection.write?.(register(6), 2, signal);
  });
});
