import { createAsciiReader } from "../src/modbus/ascii-frames.ts";
import { crc16 } from "../src/modbus/crc16.ts";
import type { VirtualFraming, VirtualRequest } from "./virtual-framing.ts";

/** An answer of a device, and what it answers. */
export interface ReadAnswer {
  readonly request: VirtualRequest;
  readonly unitId: number;
  readonly pdu: Buffer;
}

const MBAP_LENGTH = 7;
/** Requests that no answer came to are not kept for ever. */
const REQUESTS_MAX = 64;
const REST_MAX = 1024;

/** Finds answers among what a sound device sends. */
export class AnswerReader {
  readonly #framing: VirtualFraming;
  readonly #readAscii = createAsciiReader();
  readonly #requests: VirtualRequest[] = [];
  #rest: Buffer = Buffer.alloc(0);

  constructor(framing: VirtualFraming) {
    this.#framing = framing;
  }

  expect(request: VirtualRequest): void {
    this.#requests.push(request);
    if (this.#requests.length > REQUESTS_MAX) this.#requests.shift();
  }

  push(bytes: Buffer): ReadAnswer[] {
    if (this.#framing === "ascii")
      return this.#readAscii(bytes).flatMap((one) => this.#serial(one));
    this.#rest = Buffer.concat([this.#rest, bytes]).subarray(-REST_MAX);
    const answers: ReadAnswer[] = [];
    for (;;) {
      const end = this.#framing === "tcp" ? tcpEnd(this.#rest) : rtuEnd(this.#rest);
      if (end === null || end > this.#rest.length) return answers;
      const frame = this.#rest.subarray(0, end);
      this.#rest = this.#rest.subarray(end);
      answers.push(...(this.#framing === "tcp" ? this.#tcp(frame) : this.#serial(frame)));
    }
  }

  #tcp(frame: Buffer): ReadAnswer[] {
    const id = frame.readUInt16BE(0);
    const request = this.#take(({ bytes }) => bytes.readUInt16BE(0) === id);
    if (!request) return [];
    return [{ request, unitId: frame[6] as number, pdu: frame.subarray(MBAP_LENGTH) }];
  }

  #serial(frame: Buffer): ReadAnswer[] {
    const unitId = frame[0] as number;
    const request = this.#take((one) => one.unitId === unitId);
    return request ? [{ request, unitId, pdu: frame.subarray(1, -2) }] : [];
  }

  /** The latest that fits: what was asked before it was not answered. */
  #take(fits: (request: VirtualRequest) => boolean): VirtualRequest | undefined {
    const at = this.#requests.findLastIndex(fits);
    if (at < 0) return undefined;
    return this.#requests.splice(0, at + 1).at(-1);
  }
}

function tcpEnd(bytes: Buffer): number | null {
  return bytes.length < MBAP_LENGTH ? null : MBAP_LENGTH - 1 + bytes.readUInt16BE(4);
}

/** Where the first frame ends; a device that is sound begins with one. */
function rtuEnd(bytes: Buffer): number | null {
  if (bytes.length < 5) return null;
  const code = bytes[1] as number;
  const length = code > 0x80 ? 5 : code <= 4 ? 5 + (bytes[2] as number) : 8;
  if (bytes.length < length) return null;
  return crc16(bytes, 0, length - 2) === bytes.readUInt16LE(length - 2) ? length : bytes.length;
}
