import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { silentLog, systemClock, Unreachable } from "@headgate/model";
import { describe, expect, it } from "vitest";
import { crc16 } from "./crc16.ts";
import { modbusRtuOverTcpDriver, modbusTcpDriver } from "./driver.ts";
import { deviceSchema } from "./settings.ts";

const { signal } = new AbortController();
const context = { clock: systemClock, log: silentLog, signal, directory: "" };
const SILENT_AT = 50;
const SCANS = 6;
const MBAP_LENGTH = 6;

/** Registers that hold their own address; a request that touches 50 gets no answer at all. */
function answerTo(request: Buffer): Buffer | null {
  const from = request.readUInt16BE(2);
  const count = request.readUInt16BE(4);
  if (from <= SILENT_AT && SILENT_AT < from + count) return null;
  const answer = Buffer.alloc(3 + 2 * count);
  answer.set([request[0] ?? 0, 3, 2 * count]);
  for (let index = 0; index < count; index++) answer.writeUInt16BE(from + index, 3 + 2 * index);
  return answer;
}

/** As it stands behind an MBAP header, or before a CRC. */
function framed(answer: Buffer, request: Buffer, isTcp: boolean): Buffer {
  if (isTcp) {
    const head = Buffer.from(request.subarray(0, MBAP_LENGTH));
    head.writeUInt16BE(answer.length, 4);
    return Buffer.concat([head, answer]);
  }
  const sum = Buffer.alloc(2);
  sum.writeUInt16LE(crc16(answer));
  return Buffer.concat([answer, sum]);
}

async function withUnit(isTcp: boolean, use: (port: number) => Promise<void>): Promise<void> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (request: Buffer) => {
      const answer = answerTo(isTcp ? request.subarray(MBAP_LENGTH) : request);
      if (answer) socket.write(framed(answer, request, isTcp));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await use((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

describe.each(["tcp", "rtu over tcp"])("a unit that never answers for one register, %s", (kind) => {
  const isTcp = kind === "tcp";
  const driver = isTcp ? modbusTcpDriver : modbusRtuOverTcpDriver;

  it("gives all others, scan for scan", async () => {
    await withUnit(isTcp, async (port) => {
      const settings = { host: "127.0.0.1", port, timeout: 400 };
      const config = driver.configSchema.parse(settings);
      const device = deviceSchema.parse({});
      // One request each: they lie too far apart.
      const points = [10, SILENT_AT, 90].map((from) => {
        const address = driver.addressSchema.parse({ address: `holding:${from}` });
        return { id: `${from}`, address, device };
      });
      const seen: (readonly unknown[])[] = [];
      // It may be the line: the next one shows that it is not.
      for (let lineCount = 0; lineCount < 3 && seen.length < SCANS; lineCount++) {
        const connection = await driver.open(config as never, context);
        try {
          while (seen.length < SCANS) {
            seen.push([...(await connection.read(points, signal))].map(({ value }) => value));
          }
        } catch (error) {
          if (!(error instanceof Unreachable)) throw error;
        } finally {
          await connection.close();
        }
      }
      // The first scan may end where the silence begins.
      const [, ...others] = seen;
      expect(others).toEqual(Array.from({ length: SCANS - 1 }, () => [10, null, 90]));
    });
  });

  it("keeps its line while a person inspects there", async () => {
    await withUnit(isTcp, async (port) => {
      const config = driver.configSchema.parse({ host: "127.0.0.1", port, timeout: 400 });
      const connection = await driver.open(config as never, context);
      const device = deviceSchema.parse({});
      const address = driver.addressSchema.parse({ address: "holding:10" });
      const read = async () =>
        (await connection.read([{ id: "p", address, device }], signal)).at(0)?.value;
      const hints = { shows: null, unit: null, min: null, max: null };
      try {
        await expect.poll(read, { timeout: 20_000 }).toBe(10);
        const question = { device, address: `holding:${SILENT_AT}`, hints };
        await expect(connection.inspect?.(question, signal)).rejects.toThrow(/no answer/);
        await expect.poll(read, { timeout: 20_000 }).toBe(10);
      } finally {
        await connection.close();
      }
    });
  });
});
