import { crc16 } from "./crc16.ts";

const COLON = 0x3a;
const CRC_LENGTH = 2;
/** 255 bytes in two characters each, with colon and end: longer ones are noise. */
const CHARACTERS_MAX = 513;
/** Unit id, function and check at least. */
const BYTES_MIN = 3;

/** An RTU frame as Modbus ASCII: colon, two characters a byte, sum in the place of the CRC. */
export function toAscii(rtuFrame: Uint8Array): Buffer {
  const body = Buffer.from(rtuFrame.subarray(0, rtuFrame.length - CRC_LENGTH));
  const hex = Buffer.concat([body, Buffer.from([lrc(body)])]).toString("hex");
  return Buffer.from(`:${hex.toUpperCase()}\r\n`, "latin1");
}

/** Longitudinal redundancy check: with it all bytes of a frame add up to 0. */
export function lrc(bytes: Uint8Array): number {
  return -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
}

/**
 * Gives RTU frames for ASCII ones as they come, in whatever pieces; those with a wrong sum not.
 * They go to `onNoise` as they are, as does what stands between frames.
 */
export function createAsciiReader(
  onNoise: (bytes: Buffer) => void = () => {},
): (bytes: Uint8Array) => Buffer[] {
  let open: number[] | null = null;
  return (bytes) => {
    const frames: Buffer[] = [];
    const noise: number[] = [];
    for (const byte of bytes) {
      if (byte === COLON) {
        if (open !== null) noise.push(COLON, ...open);
        open = [];
        continue;
      }
      if (open === null) {
        if (!BETWEEN.includes(byte)) noise.push(byte);
        continue;
      }
      if (byte !== LINE_FEED && open.length < CHARACTERS_MAX) {
        open.push(byte);
        continue;
      }
      const frame = byte === LINE_FEED ? rtuFrameOf(open) : null;
      if (frame) frames.push(frame);
      else noise.push(COLON, ...open, byte);
      open = null;
    }
    if (noise.length > 0) onNoise(Buffer.from(noise));
    return frames;
  };
}

const LINE_FEED = 0x0a;
/** What some devices send between frames: NUL, line ends. */
const BETWEEN: readonly number[] = [0, 0x0d, LINE_FEED];
const HEX_LINE = /^(?:[0-9A-Fa-f]{2})+\r$/;

function rtuFrameOf(characters: readonly number[]): Buffer | null {
  const text = String.fromCharCode(...characters);
  if (!HEX_LINE.test(text)) return null;
  const bytes = Buffer.from(text.slice(0, -1), "hex");
  if (bytes.length < BYTES_MIN || lrc(bytes) !== 0) return null;
  const frame = Buffer.alloc(bytes.length - 1 + CRC_LENGTH);
  bytes.copy(frame, 0, 0, bytes.length - 1);
  frame.writeUInt16LE(crc16(frame, 0, bytes.length - 1), bytes.length - 1);
  return frame;
}
