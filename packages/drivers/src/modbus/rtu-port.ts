import { crc16 } from "./crc16.ts";
import { CRC_LENGTH, Port, type PortOptions } from "./port.ts";
import { isReadCode, type Read, readFrame, readLength } from "./request.ts";
import { splitRtuFrames } from "./rtu-frames.ts";

/** Unit id and function code; a read's answer has its byte count next. */
const HEAD_LENGTH = 2;
/** A request to read: head, address and count. */
const READ_LENGTH = 6;
/** Head and exception code. */
const EXCEPTION_LENGTH = 3;
/** The answer to a write repeats head, address, and value or count. */
const WRITTEN_LENGTH = 6;
/** Noise kept at most: an echo, an answer and as much garbage again. */
const REST_MAX = 1024;

const EMPTY = Buffer.alloc(0);

export interface RtuPortOptions extends PortOptions {
  /** Time of one byte on the wire; 0 where it does not matter. */
  readonly byteMs: number;
}

/**
 * Modbus RTU. An answer is unit, function and length as asked for, with a valid CRC, wherever it
 * begins among the bytes: no timing is trusted, serial servers and USB adapters cut as they like.
 */
export class RtuPort extends Port {
  readonly hasIds = false;
  readonly #byteMs: number;
  /** Whether an adapter hears its own sending; null until a first exchange has shown it. */
  #isEchoing: boolean | null = null;
  #hasHeard = false;
  #rest: Buffer = EMPTY;
  #wireMs = 0;
  #sent: Buffer = EMPTY;
  #isStraying = false;
  #strays: Buffer = EMPTY;

  constructor(options: RtuPortOptions) {
    super(options);
    this.#byteMs = options.byteMs;
  }

  /** The answer to FC 5 and 6 is the request again: an echo would pass for it. */
  get needsReadBeforeWrite(): boolean {
    return this.#isEchoing === null;
  }

  override get wireMs(): number {
    return this.#wireMs;
  }

  get silence(): "timeout" | "checksum" | "foreign" {
    const echoAt = this.#rest.indexOf(this.#sent);
    const heard = echoAt < 0 ? this.#rest : this.#rest.subarray(echoAt + this.#sent.length);
    if (heard.length === 0) return "timeout";
    return splitRtuFrames(heard).some(({ isSound }) => isSound) ? "foreign" : "checksum";
  }

  override strayFrameCount(): number {
    return splitRtuFrames(this.#strays).filter(({ isSound }) => isSound).length;
  }

  override wireMsOf({ code, count }: Read): number {
    const answered = HEAD_LENGTH + 1 + readLength(code, count);
    return this.#byteMs * (READ_LENGTH + answered + 2 * CRC_LENGTH);
  }

  /** A request without any byte in return was not echoed either. */
  override forget(): void {
    if (!this.#hasHeard) this.#isEchoing ??= false;
    super.forget();
  }

  protected frame(asked: Buffer): Buffer {
    this.#rest = EMPTY;
    this.#hasHeard = false;
    this.#isStraying = false;
    this.#strays = EMPTY;
    this.#sent = asked;
    this.#wireMs = this.#byteMs * (asked.length + answerLength(asked) + CRC_LENGTH);
    return asked;
  }

  protected readFrame(read: Read): Buffer {
    return this.frame(readFrame(read));
  }

  protected take(bytes: Buffer, asked: Buffer | null): Buffer | null {
    if (asked === null) {
      // One that drips is one.
      if (!this.#isStraying) this.tellStray();
      this.#isStraying = true;
      this.#strays = Buffer.concat([this.#strays, bytes]).subarray(-REST_MAX);
      return null;
    }
    this.#hasHeard = true;
    const all = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    this.#rest = all.subarray(-REST_MAX);
    const start = this.#endOfEcho(asked);
    if (start === null) return null;
    const answer = findAnswer(this.#rest, start, asked);
    if (answer) this.#isEchoing ??= false;
    return answer && this.isDirect ? answer.subarray(0, -CRC_LENGTH) : answer;
  }

  /** Where the answer may begin; null while an expected echo is not complete. */
  #endOfEcho(asked: Buffer): number | null {
    if (this.#isEchoing === false) return 0;
    const at = this.#rest.indexOf(asked);
    const isRead = isReadCode(asked[1] as number);
    if (at >= 0 && (this.#isEchoing || isRead)) {
      this.#isEchoing = true;
      return at + asked.length;
    }
    return this.#isEchoing && !isRead ? null : 0;
  }
}

function findAnswer(bytes: Buffer, start: number, asked: Buffer): Buffer | null {
  const [unitId, code] = asked as unknown as readonly [number, number];
  const wholeLength = answerLength(asked);
  for (let at = start; at + HEAD_LENGTH < bytes.length; at++) {
    if (bytes[at] !== unitId) continue;
    let length = wholeLength;
    if (bytes[at + 1] === (code | 0x80)) length = EXCEPTION_LENGTH;
    else if (bytes[at + 1] !== code) continue;
    else if (isReadCode(code) && bytes[at + HEAD_LENGTH] !== length - HEAD_LENGTH - 1) continue;
    const end = at + length;
    if (end + CRC_LENGTH > bytes.length) continue;
    if (crc16(bytes, at, end) === bytes.readUInt16LE(end)) {
      return bytes.subarray(at, end + CRC_LENGTH);
    }
  }
  return null;
}

/** Bytes of a good answer, without its CRC. */
function answerLength(asked: Buffer): number {
  const code = asked[1] as number;
  if (!isReadCode(code)) return WRITTEN_LENGTH;
  return HEAD_LENGTH + 1 + readLength(code, asked.readUInt16BE(4));
}
