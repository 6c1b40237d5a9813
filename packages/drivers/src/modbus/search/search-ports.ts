import { crc16 } from "../crc16.ts";
import { type Heard, type HeardFrame, hearRtu } from "./heard.ts";
import { SearchPort } from "./search-port.ts";

/** RTU frames, on a serial port or through a serial server. */
export class RtuSearchPort extends SearchPort {
  protected frame({ unitId, pdu }: HeardFrame): Buffer {
    const frame = Buffer.alloc(pdu.length + 3);
    frame[0] = unitId;
    pdu.copy(frame, 1);
    frame.writeUInt16LE(crc16(frame, 0, pdu.length + 1), pdu.length + 1);
    return frame;
  }

  protected hear(bytes: Buffer, sent: Buffer): Omit<Heard, "answerMs"> {
    return hearRtu(bytes, sent);
  }
}

/** Transaction id, protocol id, length, unit id. */
const HEADER_LENGTH = 7;
/** The length field counts the unit id and a PDU of 2 to 253 bytes. */
const LENGTH_MIN = 3;
const LENGTH_MAX = 254;

/** Modbus TCP: what carries another transaction id is late, and of no interest. */
export class TcpSearchPort extends SearchPort {
  #transactionId = 0;

  protected frame({ unitId, pdu }: HeardFrame): Buffer {
    this.#transactionId = (this.#transactionId + 1) & 0xffff;
    const frame = Buffer.alloc(HEADER_LENGTH + pdu.length);
    frame.writeUInt16BE(this.#transactionId, 0);
    frame.writeUInt16BE(pdu.length + 1, 4);
    frame[6] = unitId;
    pdu.copy(frame, HEADER_LENGTH);
    return frame;
  }

  protected hear(bytes: Buffer, sent: Buffer): Omit<Heard, "answerMs"> {
    const frames: HeardFrame[] = [];
    let rest = bytes;
    while (rest.length >= HEADER_LENGTH) {
      const length = rest.readUInt16BE(4);
      if (rest.readUInt16BE(2) !== 0 || length < LENGTH_MIN || length > LENGTH_MAX) break;
      const end = HEADER_LENGTH - 1 + length;
      if (rest.length < end) break;
      // The id vouches for it: gateways answer as 0 or 255 where they mean themselves.
      if (rest.readUInt16BE(0) === sent.readUInt16BE(0)) {
        frames.push({ unitId: sent[6] as number, pdu: rest.subarray(HEADER_LENGTH, end) });
      }
      rest = rest.subarray(end);
    }
    return { frames, noiseCount: rest.length };
  }
}
