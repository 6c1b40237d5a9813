import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { crc16 } from "../src/modbus/crc16.ts";
import { VirtualUnit, type VirtualUnitTables } from "./virtual-meter-unit.ts";

/** How requests come in: with MBAP headers, or as RTU frames with a CRC. */
export type VirtualFraming = "tcp" | "rtu";

/** A Modbus line with virtual units on it, on real sockets or a serial port. */
export interface VirtualMeter {
  /** Opens a TCP port (0: any free one) and gives its number. */
  listen(options?: { host?: string; port?: number; framing?: VirtualFraming }): Promise<number>;
  /** Answers RTU on a serial port of this path, or on a stream. */
  attach(serial: string | Duplex): Promise<void>;
  /** The unit, to switch its faults; throws if there is none. */
  unit(id: number): VirtualUnit;
  /** Breaks every connection; new ones are welcome. */
  dropConnections(): void;
  /** Breaks every connection and takes no new one, as if the cable were pulled. */
  unplug(): Promise<void>;
  /** Listens again at the port it had. */
  plugIn(): Promise<void>;
  /** Ends everything. Safe to call twice. */
  close(): Promise<void>;
}

/** A virtual Modbus meter, or a whole line of them: an absent unit id is silence. */
export function createVirtualMeter(options: {
  units: Readonly<Record<number, VirtualUnitTables>>;
}): VirtualMeter {
  return new Meter(options.units);
}

class Meter implements VirtualMeter {
  readonly #units: ReadonlyMap<number, VirtualUnit>;
  readonly #streams = new Set<Duplex>();
  #server: Server | null = null;
  #listening = { host: "127.0.0.1", port: 0, framing: "tcp" as VirtualFraming };

  constructor(units: Readonly<Record<number, VirtualUnitTables>>) {
    const entries = Object.entries(units);
    this.#units = new Map(entries.map(([id, tables]) => [Number(id), new VirtualUnit(tables)]));
  }

  unit(id: number): VirtualUnit {
    const unit = this.#units.get(id);
    if (!unit) throw new Error(`the virtual meter has no unit ${id}`);
    return unit;
  }

  async listen(options: { host?: string; port?: number; framing?: VirtualFraming } = {}) {
    this.#listening = { ...this.#listening, ...options };
    await this.plugIn();
    return this.#listening.port;
  }

  async plugIn(): Promise<void> {
    if (this.#server) return;
    const { host, port, framing } = this.#listening;
    const server = createServer((socket: Socket) => {
      socket.setNoDelay();
      this.#serve(socket, framing);
    });
    server.listen({ host, port });
    await once(server, "listening");
    this.#server = server;
    this.#listening.port = (server.address() as AddressInfo).port;
  }

  async attach(serial: string | Duplex): Promise<void> {
    if (typeof serial !== "string") {
      this.#serve(serial, "rtu");
      return;
    }
    const { SerialPort } = await import("serialport");
    const port = new SerialPort({ path: serial, baudRate: 115_200, autoOpen: false });
    await new Promise<void>((resolve, reject) =>
      port.open((error) => (error ? reject(error) : resolve())),
    );
    // Destroying the stream leaves the port open, and the process alive.
    port.once("close", () => port.isOpen && port.close(() => {}));
    this.#serve(port, "rtu");
  }

  dropConnections(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  async unplug(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.dropConnections();
    if (!server) return;
    server.close();
    await once(server, "close");
  }

  async close(): Promise<void> {
    await this.unplug();
  }

  #serve(stream: Duplex, framing: VirtualFraming): void {
    this.#streams.add(stream);
    stream.on("close", () => this.#streams.delete(stream));
    // A client that went away is none of the meter's business.
    stream.on("error", () => stream.destroy());
    const take = framing === "tcp" ? tcpRequests() : rtuRequests();
    stream.on("data", (bytes: Buffer) => {
      for (const request of take(bytes)) this.#answer(stream, request);
    });
  }

  #answer(stream: Duplex, { unitId, pdu, frame }: VirtualRequest): void {
    const unit = this.#units.get(unitId);
    if (!unit || unit.faults.isSilent) return;
    const { delayMs, answersAsUnit, truncatedTo, isGarbage } = unit.faults;
    const whole = frame(answersAsUnit ?? unitId, unit.answer(pdu));
    const sent = isGarbage
      ? Buffer.from(whole.map((byte, index) => byte ^ (0x5a + 7 * index)))
      : whole.subarray(0, truncatedTo ?? whole.length);
    if (delayMs === 0) stream.write(sent);
    else setTimeout(() => !stream.destroyed && stream.write(sent), delayMs).unref();
  }
}

interface VirtualRequest {
  readonly unitId: number;
  readonly pdu: Buffer;
  readonly frame: (unitId: number, pdu: Buffer) => Buffer;
}

const MBAP_LENGTH = 7;

function tcpRequests(): (bytes: Buffer) => VirtualRequest[] {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes;
    const requests: VirtualRequest[] = [];
    while (rest.length >= MBAP_LENGTH) {
      const end = MBAP_LENGTH - 1 + rest.readUInt16BE(4);
      if (rest.length < end) break;
      const transactionId = rest.readUInt16BE(0);
      requests.push({
        unitId: rest[6] as number,
        pdu: rest.subarray(MBAP_LENGTH, end),
        frame: (unitId, pdu) => {
          const header = Buffer.alloc(MBAP_LENGTH);
          header.writeUInt16BE(transactionId, 0);
          header.writeUInt16BE(pdu.length + 1, 4);
          header[6] = unitId;
          return Buffer.concat([header, pdu]);
        },
      });
      rest = rest.subarray(end);
    }
    return requests;
  };
}

function rtuFrame(unitId: number, pdu: Buffer): Buffer {
  const frame = Buffer.concat([Buffer.from([unitId]), pdu, Buffer.alloc(2)]);
  frame.writeUInt16LE(crc16(frame, 0, frame.length - 2), frame.length - 2);
  return frame;
}

/** Requests are told from noise by their CRC. */
function rtuRequests(): (bytes: Buffer) => VirtualRequest[] {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]).subarray(-600);
    const requests: VirtualRequest[] = [];
    for (let at = 0; at + 8 <= rest.length; ) {
      const isMany = rest[at + 1] === 15 || rest[at + 1] === 16;
      const end = at + (isMany ? 7 + (rest[at + 6] as number) : 6);
      const isWhole = end + 2 <= rest.length && crc16(rest, at, end) === rest.readUInt16LE(end);
      if (!isWhole) {
        at++;
        continue;
      }
      requests.push({
        unitId: rest[at] as number,
        pdu: rest.subarray(at + 1, end),
        frame: rtuFrame,
      });
      rest = rest.subarray(end + 2);
      at = 0;
    }
    return requests;
  };
}
