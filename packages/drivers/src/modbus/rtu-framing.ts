import { crc16 } from "./crc16.ts";
import type { Framing } from "./line.ts";
import { isReadCode, READ_HEADER_LENGTH, type Request } from "./pdu.ts";

const CRC_LENGTH = 2;
/** Noise kept at most: an echo, an answer and as much garbage again. */
const REST_MAX = 1024;

const EMPTY = Buffer.alloc(0);

/**
 * Modbus RTU. An answer is unit, function and length as asked for, with a valid CRC, wherever it
 * begins among the bytes: no timing is trusted, serial servers and USB adapters cut as they like.
 */
export class RtuFraming implements Framing {
  readonly hasIds = false;
  /** Whether an adapter hears its own sending; null until a first exchange has shown it. */
  #isEchoing: boolean | null = null;
  #sent: Buffer = EMPTY;
  #rest: Buffer = EMPTY;

  /** The answer to FC 5 and 6 is the request again: an echo would pass for it. */
  get needsReadBeforeWrite(): boolean {
    this.#learnFromSilence();
    return this.#isEchoing === null;
  }

  frame({ unitId, pdu }: Request): Buffer {
    this.#learnFromSilence();
    const frame = Buffer.allocUnsafe(1 + pdu.length + CRC_LENGTH);
    frame[0] = unitId;
    pdu.copy(frame, 1);
    frame.writeUInt16LE(crc16(frame, 0, frame.length - CRC_LENGTH), frame.length - CRC_LENGTH);
    this.#sent = frame;
    this.#rest = EMPTY;
    return frame;
  }

  take(bytes: Buffer, request: Request | null): Buffer | null {
    if (request === null) {
      this.#rest = EMPTY;
      return null;
    }
    const all = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    this.#rest = all.subarray(-REST_MAX);
    const start = this.#endOfEcho(request);
    if (start === null) return null;
    const answer = findAnswer(this.#rest, start, request);
    if (answer) {
      this.#isEchoing ??= false;
      this.#rest = EMPTY;
    }
    return answer;
  }

  /** Where the answer may begin; null while an expected echo is not complete. */
  #endOfEcho(request: Request): number | null {
    if (this.#isEchoing === false) return 0;
    const at = this.#rest.indexOf(this.#sent);
    const isRead = isReadCode(request.pdu[0] as number);
    if (at >= 0 && (this.#isEchoing || isRead)) {
      this.#isEchoing = true;
      return at + this.#sent.length;
    }
    return this.#isEchoing && !isRead ? null : 0;
  }

  /** A request without any byte in return was not echoed either. */
  #learnFromSilence(): void {
    if (this.#sent.length > 0 && this.#rest.length === 0) this.#isEchoing ??= false;
  }
}

function findAnswer(bytes: Buffer, start: number, request: Request): Buffer | null {
  const asked = request.pdu[0] as number;
  for (let at = start; at + 1 < bytes.length; at++) {
    if (bytes[at] !== request.unitId) continue;
    const length = pduLength(bytes, at + 1, { asked, replyLength: request.replyLength });
    const end = at + 1 + length;
    if (length === 0 || end + CRC_LENGTH > bytes.length) continue;
    if (crc16(bytes, at, end) === bytes.readUInt16LE(end)) return bytes.subarray(at + 1, end);
  }
  return null;
}

function pduLength(
  bytes: Buffer,
  at: number,
  { asked, replyLength }: { asked: number; replyLength: number },
): number {
  if (bytes[at] === (asked | 0x80)) return 2;
  if (bytes[at] !== asked) return 0;
  return isReadCode(asked) && bytes[at + 1] !== replyLength - READ_HEADER_LENGTH ? 0 : replyLength;
}
