import { Unreachable } from "@headgate/model";
import { crc16 } from "./crc16.ts";
import { CRC_LENGTH, Port } from "./port.ts";

/** Transaction id, protocol id 0, length. */
const HEADER_LENGTH = 6;
/** The length field counts the unit id and a PDU of 2 to 253 bytes. */
const LENGTH_MIN = 3;
const LENGTH_MAX = 254;

/** Modbus TCP: 16-bit transaction ids; what does not answer the last request is dropped. */
export class TcpPort extends Port {
  readonly hasIds = true;
  readonly needsReadBeforeWrite = false;
  #transactionId = 0;
  #rest: Buffer | null = null;
  #hasForeign = false;

  get silence(): "timeout" | "foreign" {
    return this.#hasForeign ? "foreign" : "timeout";
  }

  protected frame(asked: Buffer): Buffer {
    this.#transactionId = (this.#transactionId + 1) & 0xffff;
    this.#hasForeign = false;
    const length = asked.length - CRC_LENGTH;
    const frame = Buffer.allocUnsafe(HEADER_LENGTH + length);
    frame.writeUInt16BE(this.#transactionId, 0);
    frame.writeUInt16BE(0, 2);
    frame.writeUInt16BE(length, 4);
    asked.copy(frame, HEADER_LENGTH, 0, length);
    return frame;
  }

  protected take(bytes: Buffer, asked: Buffer | null): Buffer | null {
    let rest = this.#rest ? Buffer.concat([this.#rest, bytes]) : bytes;
    let answer: Buffer | null = null;
    while (rest.length > HEADER_LENGTH) {
      const length = rest.readUInt16BE(4);
      if (rest.readUInt16BE(2) !== 0 || length < LENGTH_MIN || length > LENGTH_MAX) {
        throw new Unreachable("the far side does not speak modbus tcp; check host, port and type");
      }
      const end = HEADER_LENGTH + length;
      if (rest.length < end) break;
      if (asked && answer === null && this.#isAnswer(rest, asked)) {
        answer = this.#rtuFrameOf(asked[0] as number, rest.subarray(HEADER_LENGTH, end));
      } else {
        this.#hasForeign = true;
        this.tellStray();
      }
      rest = rest.subarray(end);
    }
    this.#rest = rest.length > 0 ? rest : null;
    return answer;
  }

  /** With the unit id that was asked for, and where the library wants it a CRC. */
  #rtuFrameOf(unitId: number, answer: Buffer): Buffer {
    const frame = Buffer.allocUnsafe(answer.length + CRC_LENGTH);
    answer.copy(frame);
    frame[0] = unitId;
    const crc = this.isDirect ? 0 : crc16(frame, 0, answer.length);
    frame.writeUInt16LE(crc, answer.length);
    return frame;
  }

  #isAnswer(frame: Buffer, asked: Buffer): boolean {
    const isOurs = frame.readUInt16BE(0) === this.#transactionId;
    return isOurs && isAnsweredBy(asked[0] as number, frame[HEADER_LENGTH] as number);
  }
}

/** Gateways answer as 0 or 255 where they mean themselves; the transaction id vouches for it. */
function isAnsweredBy(asked: number, answering: number): boolean {
  const isGateway = (unitId: number) => unitId === 0 || unitId === 255;
  return answering === asked || isGateway(answering) || isGateway(asked);
}
