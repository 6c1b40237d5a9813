import { setTimeout as sleep } from "node:timers/promises";
import { systemClock, Unreachable } from "@headgate/model";
import { describe, expect, it } from "vitest";
import type { Wire } from "../wire/wire.ts";
import { type Client, loadClient } from "./client.ts";
import { crc16 } from "./crc16.ts";
import { Line } from "./line.ts";
import type { Port } from "./port.ts";
import { type Reply, reasonOf } from "./reply.ts";
import { type Request, readRequest, writeCoil, writeRegisters } from "./request.ts";
import { RtuPort } from "./rtu-port.ts";
import { TcpPort } from "./tcp-port.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

/** A wire that nobody is behind; what is sent is kept, what comes is made by hand. */
class HeldWire implements Wire {
  readonly sent: Buffer[] = [];
  isDestroyed = false;
  receive: (bytes: Buffer) => void = () => {};
  lose: (why: string, cause?: Error) => void = () => {};

  write(bytes: Buffer): void {
    this.sent.push(Buffer.from(bytes));
  }
  listen(onBytes: (bytes: Buffer) => void, onLost: (why: string, cause?: Error) => void): void {
    this.receive = onBytes;
    this.lose = onLost;
  }
  destroy(): void {
    this.isDestroyed = true;
  }
}

interface Rig {
  readonly wire: HeldWire;
  readonly port: Port;
  readonly client: Client;
  readonly line: Line;
}

const createClient = await loadClient();

function rig(framing: "tcp" | "rtu", pauseMs = 0): Rig {
  const wire = new HeldWire();
  const options = { wire, clock: systemClock, pauseMs, byteMs: 0 };
  const port = framing === "tcp" ? new TcpPort(options) : new RtuPort(options);
  const client = createClient(port);
  return { wire, port, client, line: new Line({ port, client, clock: systemClock }) };
}

function withCrc(body: Buffer): Buffer {
  const crc = Buffer.alloc(2);
  crc.writeUInt16LE(crc16(body));
  return Buffer.concat([body, crc]);
}

async function answered({ line, wire }: Rig, request: Request, answer: Buffer): Promise<Reply> {
  const exchange = line.exchange(request, 1000);
  await sleep(1);
  wire.receive(answer);
  return await exchange;
}

const bits = Array.from({ length: 10 }, (_, index) => index % 3 === 0);
const place = { unitId: 0x11, from: 0x13 };
// From the examples of the Modbus application protocol 1.1b3, or by hand: request, answer, values.
const exchanges: readonly [string, Request, string, string, string][] = [
  ["FC 1", { ...place, code: 1, count: 19 }, "01 0013 0013", "01 03 cd6b05", "cd6b05"],
  ["FC 2", { ...place, code: 2, count: 3 }, "02 0013 0003", "02 01 fd", "fd"],
  ["FC 3", { ...place, code: 3, count: 2 }, "03 0013 0002", "03 04 022b0064", "022b0064"],
  ["FC 4", { ...place, code: 4, count: 1 }, "04 0013 0001", "04 02 000a", "000a"],
  ["FC 5", writeCoil(0x11, 0x13, true), "05 0013 ff00", "05 0013 ff00", ""],
  ["FC 5, off", writeCoil(0x11, 0x13, false), "05 0013 0000", "05 0013 0000", ""],
  ["FC 6", writeRegisters(0x11, 0x13, hex("0003")), "06 0013 0003", "06 0013 0003", ""],
  ["FC 15", { ...place, code: 15, bits }, "0f 0013 000a 02 4902", "0f 0013 000a", ""],
  [
    "FC 16",
    writeRegisters(0x11, 0x13, hex("000a0102")),
    "10 0013 0002 04 000a0102",
    "10 0013 0002",
    "",
  ],
];

describe.each(exchanges)("%s", (...exchange) => {
  const [, request, asked, answer, values] = exchange;

  it("stands on a TCP line with its own header, and is answered by one", async () => {
    const one = rig("tcp");
    const pdu = hex(answer);
    const header = Buffer.from([0, 1, 0, 0, 0, pdu.length + 1, 0x11]);
    const reply = await answered(one, request, Buffer.concat([header, pdu]));
    expect(one.wire.sent[0]?.subarray(7).toString("hex")).toBe(hex(asked).toString("hex"));
    expect(one.wire.sent[0]?.readUInt16BE(4)).toBe(hex(asked).length + 1);
    expect(reply).toEqual({ kind: "answer", bytes: hex(values) });
  });

  it("stands on a serial line with a CRC, and is answered by such a frame", async () => {
    const one = rig("rtu");
    const unit = Buffer.from([0x11]);
    const frame = withCrc(Buffer.concat([unit, hex(answer)]));
    const reply = await answered(one, request, frame);
    expect(one.wire.sent).toEqual([withCrc(Buffer.concat([unit, hex(asked)]))]);
    expect(reply).toEqual({ kind: "answer", bytes: hex(values) });
  });

  it("gives the code of an exception", async () => {
    const exception = Buffer.from([0, 1, 0, 0, 0, 3, 0x11, request.code | 0x80, 6]);
    const reply = await answered(rig("tcp"), request, exception);
    expect(reply).toEqual({ kind: "exception", code: 6 });
  });
});

const oneRegister = readRequest({ unitId: 1, table: "holding", from: 5, count: 1 });
const SOUND = hex("01 03 02 0005");
const UNSOUND: readonly [string, Request, string, string][] = [
  ["another function", oneRegister, "01 04 02 0005", "answered function 4 instead of 3"],
  ["a longer answer", oneRegister, "01 03 04 00050006", "answered 6 bytes instead of 4"],
  ["a wrong byte count", oneRegister, "01 03 01 0005", "answer does not fit the request"],
  [
    "a write elsewhere",
    writeCoil(1, 5, true),
    "01 05 0006 ff00",
    "answer does not fit the request",
  ],
  [
    "another coil state",
    writeCoil(1, 5, true),
    "01 05 0005 0000",
    "answered another value than was sent",
  ],
  [
    "another value",
    writeRegisters(1, 5, hex("0001")),
    "01 06 0005 0002",
    "answered another value than was sent",
  ],
  [
    "another count",
    writeRegisters(1, 5, hex("00010002")),
    "01 10 0005 0003",
    "answer does not fit the request",
  ],
];

describe("a line with the library above a port", () => {
  it.each(UNSOUND)("takes %s for no answer", async (_name, request, answer, reason) => {
    const body = hex(answer);
    const header = Buffer.from([0, 1, 0, 0, 0, body.length]);
    const reply = await answered(rig("tcp"), request, Buffer.concat([header, body]));
    expect(reply).toEqual({ kind: "malformed", reason: `malformed answer: ${reason}` });
  });

  it("keeps no transaction of the library, though the ids on the wire use 16 bits", async () => {
    const one = rig("tcp");
    for (let count = 1; count <= 70_000; count++) {
      const exchange = one.line.exchange(oneRegister, 1000);
      const sent = one.wire.sent.pop() as Buffer;
      expect(sent.readUInt16BE(0)).toBe(count & 0xffff);
      one.wire.receive(Buffer.concat([sent.subarray(0, 4), hex("0005"), SOUND]));
      await exchange;
    }
    const { _transactions } = one.client as unknown as { _transactions: object };
    expect(Object.keys(_transactions)).toEqual([]);
  });

  it.each(["tcp", "rtu"] as const)(
    "%s: rejects what waits when the line is lost",
    async (framing) => {
      const one = rig(framing);
      const cause = new Error("read ECONNRESET");
      const exchanges = [1, 2].map(() => one.line.exchange(oneRegister, 60_000));
      one.wire.lose("connection lost", cause);
      for (const exchange of exchanges) {
        await expect(exchange).rejects.toMatchObject({ message: "connection lost", cause });
      }
      expect(one.wire.isDestroyed).toBe(true);
      await expect(one.line.exchange(oneRegister, 60_000)).rejects.toBeInstanceOf(Unreachable);
    },
  );

  it.each(["tcp", "rtu"] as const)("%s: a late answer is nobody's", async (framing) => {
    const one = rig(framing);
    expect(await one.line.exchange(oneRegister, 5)).toEqual({ kind: "silence" });
    const answer = framing === "tcp" ? hex("0001 0000 0005 01 03 02 0005") : withCrc(SOUND);
    // Silence has shown that no adapter echoes.
    expect(one.port.needsReadBeforeWrite).toBe(false);
    one.wire.receive(answer);
    if (framing === "rtu") return;
    const exchange = one.line.exchange(oneRegister, 5);
    await sleep(0);
    one.wire.receive(answer);
    expect(await exchange).toEqual({ kind: "silence" });
  });

  it("waits for a quiet line, but not for one that is never quiet", async () => {
    const one = rig("rtu", 20);
    const babbling = setInterval(() => one.wire.receive(Buffer.from([0x55])), 2);
    try {
      const reply = await one.line.exchange(oneRegister, 60);
      expect(reasonOf(reply, 1, 60)).toBe(
        "timeout: no answer from unit 1 within 60 ms, but bytes that are no frame; " +
          "check baudRate and parity",
      );
    } finally {
      clearInterval(babbling);
    }
  });

  it("does not end the process at an error of the library's", async () => {
    const one = rig("tcp");
    one.port.emit("error", new Error("no such thing"));
    await expect(one.line.exchange(oneRegister, 5)).rejects.toBeInstanceOf(Unreachable);
  });
});
