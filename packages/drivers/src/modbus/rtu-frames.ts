import { crc16 } from "./crc16.ts";
import { isReadCode } from "./request.ts";

/** A stretch of bytes off a serial line: a frame with a right checksum, or what is none. */
export interface Stretch {
  readonly bytes: Buffer;
  readonly isSound: boolean;
}

const CRC_LENGTH = 2;
const EXCEPTION_LENGTH = 5;
/** Requests of FC 1 to 6, and the answers to FC 5, 6, 15 and 16. */
const SHORT_LENGTH = 8;

/**
 * Frames among bytes, whichever side sent them and wherever they begin. Only the functions that we
 * use have a length that can be told; of the others a frame is what ends with a right checksum.
 */
export function splitRtuFrames(bytes: Buffer): Stretch[] {
  const stretches: Stretch[] = [];
  let noiseFrom = 0;
  let at = 0;
  const endNoise = () => {
    if (at > noiseFrom) stretches.push({ bytes: bytes.subarray(noiseFrom, at), isSound: false });
  };
  while (at < bytes.length) {
    const end = endOfFrame(bytes, at);
    if (end === null) {
      at++;
      continue;
    }
    endNoise();
    stretches.push({ bytes: bytes.subarray(at, end), isSound: true });
    at = end;
    noiseFrom = end;
  }
  endNoise();
  return stretches;
}

function endOfFrame(bytes: Buffer, at: number): number | null {
  const code = bytes[at + 1];
  if (code === undefined) return null;
  const lengths = lengthsOf(code, bytes.subarray(at));
  const length = lengths.find((one) => isSoundFrame(bytes, at, at + one));
  if (length !== undefined) return at + length;
  const isWhole = lengths.length === 0 && isSoundFrame(bytes, at, bytes.length);
  return isWhole ? bytes.length : null;
}

/** How long the frame may be, as an answer and as a request. */
function lengthsOf(code: number, frame: Buffer): readonly number[] {
  if (code > 0x80) return [EXCEPTION_LENGTH];
  if (isReadCode(code)) return [3 + (frame[2] ?? 0) + CRC_LENGTH, SHORT_LENGTH];
  if (code === 5 || code === 6) return [SHORT_LENGTH];
  if (code === 15 || code === 16) return [SHORT_LENGTH, 7 + (frame[6] ?? 0) + CRC_LENGTH];
  if (code === 17) return [3 + (frame[2] ?? 0) + CRC_LENGTH, 2 + CRC_LENGTH];
  if (code === 43) return [identificationLength(frame), 5 + CRC_LENGTH];
  return [];
}

/** Device identification: eight bytes of head, then id, length and text of each object. */
function identificationLength(frame: Buffer): number {
  let at = 8;
  for (let left = frame[7] ?? 0; left > 0; left--) at += 2 + (frame[at + 1] ?? 0);
  return at + CRC_LENGTH;
}

function isSoundFrame(bytes: Buffer, at: number, end: number): boolean {
  if (end > bytes.length || end - at <= CRC_LENGTH + 1) return false;
  const crcAt = end - CRC_LENGTH;
  return crc16(bytes, at, crcAt) === bytes.readUInt16LE(crcAt);
}
