import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import * as water from "../src/cjt188/frame.ts";
import * as electricity from "../src/dlt645/frame.ts";
import { FrameScanner, type FrameShape } from "../src/meter-line/frame-scanner.ts";

/** Trouble that a meter makes, to be switched at any time. */
export interface VirtualMeterFaults {
  isSilent: boolean;
  /** Does not answer about these items (hex, high byte first). */
  silentAbout: readonly string[];
  delayMs: number;
  /** Answers under this number instead of its own. */
  answersAs: string | null;
  /** Sends only so many bytes of its answer. */
  truncatedTo: number | null;
  /** Adds this to one byte of the payload, the sum stays as it was. */
  isGarbled: boolean;
  /** Bytes before the answer, as a bad line makes them. */
  noise: Buffer;
  /** Refuses everything, with this error code. */
  refusal: number | null;
  /** About this item instead of the one asked for (hex, high byte first). */
  answersAbout: string | null;
}

/** An electricity meter (DL/T 645-2007): its items' data by id, in hex, low byte first. */
export interface VirtualElectricityMeter {
  readonly items: Readonly<Record<string, string>>;
  /** Longer data go out in following frames of so many bytes. */
  readonly frameBytesMax?: number;
}

/** A water, gas or heat meter (CJ/T 188): the same, with ids of four hex digits. */
export interface VirtualVolumeMeter {
  readonly kind: number;
  readonly items: Readonly<Record<string, string>>;
}

/** A line with virtual meters, on real sockets or a serial port. */
export interface VirtualMeterLine {
  /** Opens a TCP port (0: any free one) and gives its number. */
  listen(port?: number): Promise<number>;
  /** Answers on a serial port of this path, or as a station of a virtual line. */
  attach(port: string | Duplex, baudRate?: number): Promise<void>;
  /** The faults of a meter, to be changed; throws if there is none. */
  faults(meter: string): VirtualMeterFaults;
  /** Whether the line's adapter sends back what it hears. */
  isEchoing: boolean;
  /** Requests that were understood, by meter. */
  readonly requestCounts: ReadonlyMap<string, number>;
  /** Breaks every connection and takes no new one, as if the cable were pulled. */
  unplug(): Promise<void>;
  /** Ends everything. Safe to call twice. */
  close(): Promise<void>;
}

/** Meters by their numbers: twelve digits for electricity, fourteen for the others. */
export function createVirtualMeterLine(meters: {
  readonly electricity?: Readonly<Record<string, VirtualElectricityMeter>>;
  readonly volume?: Readonly<Record<string, VirtualVolumeMeter>>;
}): VirtualMeterLine {
  return new MeterLine(meters.electricity ?? {}, meters.volume ?? {});
}

const noFaults = (): VirtualMeterFaults => ({
  isSilent: false,
  silentAbout: [],
  delayMs: 0,
  answersAs: null,
  truncatedTo: null,
  isGarbled: false,
  noise: Buffer.alloc(0),
  refusal: null,
  answersAbout: null,
});

const fromHex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const idBytes = (id: string) => Buffer.from(id, "hex").reverse();
const fits = (asked: string, meter: string) =>
  [...asked].every((digit, index) => digit === "A" || digit === meter[index]);

class MeterLine implements VirtualMeterLine {
  readonly requestCounts = new Map<string, number>();
  isEchoing = false;
  readonly #electricity: Readonly<Record<string, VirtualElectricityMeter>>;
  readonly #volume: Readonly<Record<string, VirtualVolumeMeter>>;
  readonly #faults = new Map<string, VirtualMeterFaults>();
  readonly #streams = new Set<Duplex>();
  #server: Server | null = null;

  constructor(
    electricity: Readonly<Record<string, VirtualElectricityMeter>>,
    volume: Readonly<Record<string, VirtualVolumeMeter>>,
  ) {
    this.#electricity = electricity;
    this.#volume = volume;
    for (const meter of [...Object.keys(electricity), ...Object.keys(volume)]) {
      this.#faults.set(meter, noFaults());
    }
  }

  faults(meter: string): VirtualMeterFaults {
    const faults = this.#faults.get(meter);
    if (!faults) throw new Error(`there is no virtual meter ${meter}`);
    return faults;
  }

  async listen(port = 0): Promise<number> {
    const server = createServer((socket: Socket) => {
      socket.setNoDelay();
      this.#serve(socket);
    });
    server.listen({ host: "127.0.0.1", port });
    await once(server, "listening");
    this.#server = server;
    return (server.address() as AddressInfo).port;
  }

  async attach(path: string | Duplex, baudRate = 2400): Promise<void> {
    if (typeof path !== "string") {
      this.#serve(path);
      return;
    }
    const { SerialPort } = await import("serialport");
    const port = new SerialPort({ path, baudRate, autoOpen: false });
    await new Promise<void>((resolve, reject) =>
      port.open((error) => (error ? reject(error) : resolve())),
    );
    // Destroying the stream leaves the port open, and the process alive.
    port.once("close", () => port.isOpen && port.close(() => {}));
    this.#serve(port);
  }

  async unplug(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const stream of this.#streams) stream.destroy();
    if (!server) return;
    server.close();
    await once(server, "close");
  }

  close(): Promise<void> {
    return this.unplug();
  }

  #serve(stream: Duplex): void {
    this.#streams.add(stream);
    stream.on("close", () => this.#streams.delete(stream));
    // A client that went away is none of the meters' business.
    stream.on("error", () => stream.destroy());
    const listen = (shape: FrameShape, answer: (frame: Buffer) => void) => {
      const scanner = new FrameScanner(shape);
      stream.on("data", (bytes: Buffer) => {
        for (const frame of scanner.push(bytes)) answer(frame);
      });
    };
    stream.on("data", (bytes: Buffer) => this.isEchoing && stream.write(bytes));
    listen(electricity.frameShape, (frame) => this.#answerElectricity(stream, frame));
    listen(water.frameShape, (frame) => this.#answerVolume(stream, frame));
  }

  #answerElectricity(stream: Duplex, bytes: Buffer): void {
    const { meter: asked, control, data } = electricity.decodeFrame(bytes);
    if (control & electricity.ANSWER_BITS.answer) return;
    for (const [meter, { items, frameBytesMax = 190 }] of Object.entries(this.#electricity)) {
      if (!fits(asked, meter)) continue;
      const faults = this.#heard(meter);
      const as = faults.answersAs ?? meter;
      const encode = (code: number, payload: Uint8Array) =>
        electricity.encodeFrame({ meter: as, control: code, data: payload });
      if (control === electricity.CONTROL.readAddress) {
        this.#send(stream, faults, encode(control | 0x80, idBytes(meter)));
        continue;
      }
      const id = Buffer.from(data.subarray(0, 4)).reverse().toString("hex").toUpperCase();
      const content = items[id];
      if (faults.silentAbout.includes(id)) continue;
      const refusal = faults.refusal ?? (content === undefined ? 2 : null);
      if (refusal !== null || content === undefined) {
        this.#send(stream, faults, encode(control | 0xc0, Uint8Array.of(refusal ?? 2)));
        continue;
      }
      const sequence = control === electricity.CONTROL.readFollowing ? (data[4] as number) : 0;
      const from = sequence * frameBytesMax;
      const part = fromHex(content).subarray(from, from + frameBytesMax);
      const more = from + frameBytesMax < fromHex(content).length ? 0x20 : 0;
      const about = idBytes(faults.answersAbout ?? id);
      const tail = sequence === 0 ? [] : [sequence];
      const payload = Uint8Array.from([...about, ...part, ...tail]);
      this.#send(stream, faults, encode(control | 0x80 | more, payload));
    }
  }

  #answerVolume(stream: Duplex, bytes: Buffer): void {
    const { meter: asked, kind: askedKind, control, data } = water.decodeFrame(bytes);
    const isAddress = control === water.CONTROL.readAddress;
    if (control !== water.CONTROL.read && !isAddress) return;
    for (const [meter, { kind, items }] of Object.entries(this.#volume)) {
      if (!fits(asked, meter) || (askedKind !== kind && askedKind !== 0xaa)) continue;
      const faults = this.#heard(meter);
      const encode = (code: number, payload: Uint8Array) =>
        water.encodeFrame({ kind, meter: faults.answersAs ?? meter, control: code, data: payload });
      const id = Buffer.from(data.subarray(0, 2)).reverse().toString("hex").toUpperCase();
      const serial = data[2] as number;
      const content = isAddress ? "" : items[id];
      if (faults.silentAbout.includes(id)) continue;
      const refusal = faults.refusal ?? (content === undefined ? 0 : null);
      if (refusal !== null || content === undefined) {
        this.#send(stream, faults, encode(0xc1, Uint8Array.of(serial, refusal ?? 0, 0)));
        continue;
      }
      const about = idBytes(faults.answersAbout ?? id);
      const payload = Uint8Array.from([...about, serial, ...fromHex(content)]);
      this.#send(stream, faults, encode(control | 0x80, payload));
    }
  }

  #heard(meter: string): VirtualMeterFaults {
    this.requestCounts.set(meter, (this.requestCounts.get(meter) ?? 0) + 1);
    return this.faults(meter);
  }

  #send(stream: Duplex, faults: VirtualMeterFaults, frame: Buffer): void {
    if (faults.isSilent) return;
    const { delayMs, truncatedTo, isGarbled, noise } = faults;
    const sent = Buffer.concat([noise, frame.subarray(0, truncatedTo ?? frame.length)]);
    const at = sent.length - 3;
    if (isGarbled) sent[at] = ((sent[at] as number) + 1) & 0xff;
    if (delayMs === 0) stream.write(sent);
    else setTimeout(() => !stream.destroyed && stream.write(sent), delayMs).unref();
  }
}
