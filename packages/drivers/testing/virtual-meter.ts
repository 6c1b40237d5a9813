import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { faultsNow, noModbusFaults } from "./answer-faults.ts";
import { FaultyVoice } from "./faulty-voice.ts";
import { openTestPort } from "./open-test-port.ts";
import {
  frameOf,
  requestReader,
  type VirtualFraming,
  type VirtualRequest,
} from "./virtual-framing.ts";
import { VirtualUnit, type VirtualUnitTables } from "./virtual-meter-unit.ts";

/** A Modbus line with virtual units on it, on real sockets or a serial port. */
export interface VirtualMeter {
  /** Opens a TCP port (0: any free one) and gives its number. */
  listen(options?: { host?: string; port?: number; framing?: VirtualFraming }): Promise<number>;
  /** Answers on a serial port of this path, or on a stream: RTU if nothing is said. */
  attach(
    serial: string | Duplex,
    options?: { framing?: VirtualFraming; baudRate?: number },
  ): Promise<void>;
  /** The unit, to switch its faults; throws if there is none. */
  unit(id: number): VirtualUnit;
  /** Connections taken at a time: many devices take one. What comes beyond is turned away. */
  clientsMax: number;
  /** What becomes of one beyond: refused, taken but never heard, or let in for the oldest. */
  whenFull: "refuse" | "ignore" | "drop-oldest";
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

const WELL = noModbusFaults();

class Meter implements VirtualMeter {
  clientsMax = Number.POSITIVE_INFINITY;
  whenFull: VirtualMeter["whenFull"] = "refuse";
  readonly #units: ReadonlyMap<number, VirtualUnit>;
  readonly #streams = new Set<Duplex>();
  readonly #ignored = new Set<Socket>();
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
      if (this.#streams.size >= this.clientsMax && !this.#isLetIn(socket)) return;
      this.#serve(socket, framing);
    });
    server.listen({ host, port });
    await once(server, "listening");
    this.#server = server;
    this.#listening.port = (server.address() as AddressInfo).port;
  }

  async attach(
    serial: string | Duplex,
    { framing = "rtu" as VirtualFraming, baudRate = 115_200 } = {},
  ): Promise<void> {
    const stream = typeof serial === "string" ? await openTestPort(serial, baudRate) : serial;
    this.#serve(stream, framing);
  }

  dropConnections(): void {
    for (const stream of [...this.#streams, ...this.#ignored]) stream.destroy();
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

  /** One connection more than it takes. */
  #isLetIn(socket: Socket): boolean {
    // A client that went away is none of the meter's business.
    socket.on("error", () => socket.destroy());
    if (this.whenFull === "refuse") socket.resetAndDestroy();
    if (this.whenFull === "ignore") this.#ignore(socket);
    if (this.whenFull !== "drop-oldest") return false;
    const [oldest] = this.#streams;
    oldest?.destroy();
    if (oldest) this.#streams.delete(oldest);
    return true;
  }

  #ignore(socket: Socket): void {
    socket.resume();
    socket.once("close", () => this.#ignored.delete(socket));
    this.#ignored.add(socket);
  }

  #serve(stream: Duplex, framing: VirtualFraming): void {
    this.#streams.add(stream);
    stream.on("close", () => this.#streams.delete(stream));
    // A client that went away is none of the meter's business.
    stream.on("error", () => stream.destroy());
    const read = requestReader(framing);
    const voice = new FaultyVoice(stream);
    stream.on("data", (bytes: Buffer) => {
      for (const request of read(bytes)) this.#answer(voice, request, framing);
    });
  }

  #answer(voice: FaultyVoice, request: VirtualRequest, framing: VirtualFraming): void {
    const count = voice.hear();
    const unit = this.#units.get(request.unitId);
    if (!unit) return;
    const faults = faultsNow(unit.faults, WELL, count);
    if (faults.isSilent || unit.isSilentAt(request.pdu)) return;
    const frame = frameOf(
      request,
      { unitId: request.unitId, pdu: unit.answer(request.pdu) },
      faults,
    );
    voice.say(frame, request.bytes, faults, framing === "tcp" ? "header" : "checksum");
  }
}
