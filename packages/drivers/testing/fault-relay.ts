import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { faultsNow, type ModbusFaults, noModbusFaults } from "./answer-faults.ts";
import { AnswerReader } from "./answer-reader.ts";
import { FaultyVoice } from "./faulty-voice.ts";
import { openTestPort } from "./open-test-port.ts";
import {
  frameOf,
  requestReader,
  type VirtualFraming,
  type VirtualRequest,
} from "./virtual-framing.ts";

/** Stands between a client and a Modbus device, and spoils what the device answers. */
export interface FaultRelay {
  /** Of every unit behind it, to be switched at any time. */
  readonly faults: ModbusFaults;
  /** Takes clients at a free TCP port and asks the device at another one; gives the port. */
  listen(device: { readonly host?: string; readonly port: number }): Promise<number>;
  /** Carries between two streams, such as serial ports: the client's side and the device's. */
  join(client: Duplex, device: Duplex): void;
  /** The same between two serial ports, by their paths. */
  joinPorts(client: string, device: string, baudRate?: number): Promise<void>;
  /** Ends everything. Safe to call twice. */
  close(): Promise<void>;
}

/** A relay that knows where frames begin and end, so that it spoils those and no others. */
export function createFaultRelay(framing: VirtualFraming): FaultRelay {
  return new Relay(framing);
}

const WELL = noModbusFaults();

class Relay implements FaultRelay {
  readonly faults = noModbusFaults();
  readonly #framing: VirtualFraming;
  readonly #streams = new Set<Duplex>();
  #server: Server | null = null;

  constructor(framing: VirtualFraming) {
    this.#framing = framing;
  }

  async listen({ host = "127.0.0.1", port }: { host?: string; port: number }): Promise<number> {
    const server = createServer((client: Socket) => {
      const device = connect({ host, port, noDelay: true });
      client.setNoDelay();
      client.once("close", () => device.destroy());
      device.once("close", () => client.destroy());
      this.join(client, device);
    });
    server.listen({ host: "127.0.0.1", port: 0 });
    await once(server, "listening");
    this.#server = server;
    return (server.address() as AddressInfo).port;
  }

  join(client: Duplex, device: Duplex): void {
    for (const stream of [client, device]) {
      this.#streams.add(stream);
      stream.once("close", () => this.#streams.delete(stream));
      // Who is gone cannot be asked; the other side learns of it by its own means.
      stream.on("error", () => stream.destroy());
    }
    const voice = new FaultyVoice(client);
    const readRequests = requestReader(this.#framing);
    const answers = new AnswerReader(this.#framing);
    client.on("data", (bytes: Buffer) => {
      for (const request of readRequests(bytes)) {
        answers.expect(request);
        device.write(request.bytes);
      }
    });
    device.on("data", (bytes: Buffer) => {
      for (const { request, unitId, pdu } of answers.push(bytes)) {
        this.#say(voice, request, { unitId, pdu });
      }
    });
  }

  async joinPorts(client: string, device: string, baudRate = 115_200): Promise<void> {
    this.join(await openTestPort(client, baudRate), await openTestPort(device, baudRate));
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const stream of this.#streams) stream.destroy();
    if (!server) return;
    server.close();
    await once(server, "close");
  }

  #say(voice: FaultyVoice, request: VirtualRequest, answer: { unitId: number; pdu: Buffer }): void {
    const faults = faultsNow(this.faults, WELL, voice.hear());
    const protection = this.#framing === "tcp" ? "header" : "checksum";
    voice.say(frameOf(request, answer, faults), request.bytes, faults, protection);
  }
}
