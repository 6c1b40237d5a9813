import { Unreachable } from "@headgate/model";
import type { Framing } from "./line.ts";
import type { Request } from "./pdu.ts";

const HEADER_LENGTH = 7;
/** The length field counts the unit id and a PDU of 2 to 253 bytes. */
const LENGTH_MIN = 3;
const LENGTH_MAX = 254;

/** Modbus TCP: 16-bit transaction ids; what does not answer the last request is dropped. */
export class TcpFraming implements Framing {
  readonly hasIds = true;
  readonly needsReadBeforeWrite = false;
  #transactionId = 0;
  #rest: Buffer | null = null;

  frame({ unitId, pdu }: Request): Buffer {
    this.#transactionId = (this.#transactionId + 1) & 0xffff;
    const frame = Buffer.allocUnsafe(HEADER_LENGTH + pdu.length);
    frame.writeUInt16BE(this.#transactionId, 0);
    frame.writeUInt16BE(0, 2);
    frame.writeUInt16BE(pdu.length + 1, 4);
    frame[6] = unitId;
    pdu.copy(frame, HEADER_LENGTH);
    return frame;
  }

  take(bytes: Buffer, request: Request | null): Buffer | null {
    let rest = this.#rest ? Buffer.concat([this.#rest, bytes]) : bytes;
    let answer: Buffer | null = null;
    while (rest.length >= HEADER_LENGTH) {
      const length = rest.readUInt16BE(4);
      if (rest.readUInt16BE(2) !== 0 || length < LENGTH_MIN || length > LENGTH_MAX) {
        throw new Unreachable("the far side does not speak modbus tcp; check host, port and type");
      }
      const end = HEADER_LENGTH - 1 + length;
      if (rest.length < end) break;
      if (request && rest.readUInt16BE(0) === this.#transactionId) {
        if (isAnsweredBy(request.unitId, rest[6] as number)) {
          answer ??= rest.subarray(HEADER_LENGTH, end);
        }
      }
      rest = rest.subarray(end);
    }
    this.#rest = rest.length > 0 ? rest : null;
    return answer;
  }
}

/** Gateways answer as 0 or 255 where they mean themselves; the transaction id vouches for it. */
function isAnsweredBy(asked: number, answering: number): boolean {
  const isGateway = (unitId: number) => unitId === 0 || unitId === 255;
  return answering === asked || isGateway(answering) || isGateway(asked);
}
