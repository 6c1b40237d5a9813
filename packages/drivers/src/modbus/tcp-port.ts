import { Unreachable } from "@headgate/model";
import { crc16 } from "./crc16.ts";
import { CRC_LENGTH, Port, type PortOptions } from "./port.ts";
import type { Read } from "./request.ts";

/** Transaction id, protocol id 0, length. */
const HEADER_LENGTH = 6;
/** The length field counts the unit id and a PDU of 2 to 253 bytes. */
const LENGTH_MIN = 3;
const LENGTH_MAX = 254;
/** Unit id and PDU of a read: function, address and count. */
const READ_LENGTH = 6;

/** How far the ids of one connection are from where those of the one before began. */
const IDS_STEP = 0x2003;

let idsBegin = Math.floor(Math.random() * 0x10000);

/** Where the next connection's ids begin: some gateways hand it the last one's late answers. */
export function nextIds(): number {
  idsBegin = (idsBegin + IDS_STEP) & 0xffff;
  return idsBegin;
}

export interface TcpPortOptions extends PortOptions {
  /** The transaction id before the first. */
  readonly lastId?: number;
}

/** For the next read on any line: one of its own for each would seldom be in the cache. */
let spareFrame: Buffer | null = null;

/** Modbus TCP: 16-bit transaction ids; what does not answer the last request is dropped. */
export class TcpPort extends Port {
  readonly hasIds = true;
  readonly needsReadBeforeWrite = false;
  #transactionId: number;
  #unitId = 0;
  #rest: Buffer | null = null;
  #hasForeign = false;

  constructor({ lastId = 0, ...options }: TcpPortOptions) {
    super(options);
    this.#transactionId = lastId;
  }

  get silence(): "timeout" | "foreign" {
    return this.#hasForeign ? "foreign" : "timeout";
  }

  protected frame(asked: Buffer): Buffer {
    const length = asked.length - CRC_LENGTH;
    const frame = this.#begin(Buffer.allocUnsafe(HEADER_LENGTH + length), asked[0] as number);
    asked.copy(frame, HEADER_LENGTH, 0, length);
    return frame;
  }

  protected readFrame({ unitId, code, from, count }: Read): Buffer {
    const memory = spareFrame ?? Buffer.allocUnsafeSlow(HEADER_LENGTH + READ_LENGTH);
    spareFrame = null;
    const frame = this.#begin(memory, unitId);
    frame[6] = unitId;
    frame[7] = code;
    frame[8] = from >> 8;
    frame[9] = from;
    frame[10] = count >> 8;
    frame[11] = count;
    return frame;
  }

  protected override spare(frame: Buffer): void {
    spareFrame = frame;
  }

  /** Gives the frame its header and a new transaction id. */
  #begin(frame: Buffer, unitId: number): Buffer {
    const id = (this.#transactionId + 1) & 0xffff;
    this.#transactionId = id;
    this.#unitId = unitId;
    this.#hasForeign = false;
    const length = frame.length - HEADER_LENGTH;
    frame[0] = id >> 8;
    frame[1] = id;
    frame[2] = 0;
    frame[3] = 0;
    frame[4] = length >> 8;
    frame[5] = length;
    return frame;
  }

  protected take(bytes: Buffer, asked: Buffer | null): Buffer | null {
    let rest = this.#rest ? Buffer.concat([this.#rest, bytes]) : bytes;
    let answer: Buffer | null = null;
    while (rest.length > HEADER_LENGTH) {
      const length = wordAt(rest, 4);
      if (wordAt(rest, 2) !== 0 || length < LENGTH_MIN || length > LENGTH_MAX) {
        throw new Unreachable("the far side does not speak modbus tcp; check host, port and type");
      }
      const end = HEADER_LENGTH + length;
      if (rest.length < end) break;
      if (asked && answer === null && this.#isAnswer(rest)) {
        answer = this.#answerIn(rest, end);
      } else {
        this.#hasForeign = true;
        this.tellStray();
      }
      if (rest.length === end) {
        this.#rest = null;
        return answer;
      }
      rest = rest.subarray(end);
    }
    // The wire may only lend it.
    this.#rest = Buffer.from(rest);
    return answer;
  }

  /** Mostly nothing follows it: a view that is not made costs nothing. */
  #answerIn(bytes: Buffer, end: number): Buffer {
    if (!this.isDirect) return this.#rtuFrameOf(bytes.subarray(HEADER_LENGTH, end));
    this.answerAt = HEADER_LENGTH;
    return bytes.length === end ? bytes : bytes.subarray(0, end);
  }

  /** As the library wants it: with the unit id that was asked for, and a CRC. */
  #rtuFrameOf(answer: Buffer): Buffer {
    const frame = Buffer.allocUnsafe(answer.length + CRC_LENGTH);
    answer.copy(frame);
    frame[0] = this.#unitId;
    frame.writeUInt16LE(crc16(frame, 0, answer.length), answer.length);
    return frame;
  }

  #isAnswer(frame: Buffer): boolean {
    const isOurs = wordAt(frame, 0) === this.#transactionId;
    return isOurs && isAnsweredBy(this.#unitId, frame[HEADER_LENGTH] as number);
  }
}

function wordAt(bytes: Buffer, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/** Gateways answer as 0 or 255 where they mean themselves; the transaction id vouches for it. */
function isAnsweredBy(asked: number, answering: number): boolean {
  const isGateway = (unitId: number) => unitId === 0 || unitId === 255;
  return answering === asked || isGateway(answering) || isGateway(asked);
}
