import { crc32 } from "node:zlib";
import { BadFrame } from "./bad-frame.ts";

/** Field 7, fixed32: the last field of a frame, over everything before it. */
const FIELD = 0x3d;
const FIELD_BYTES = 5;

/** The frame and its checksum: hashes prove bodies, this proves what stands round them. */
export function withChecksum(frame: Uint8Array): Uint8Array {
  const whole = Buffer.alloc(frame.length + FIELD_BYTES);
  whole.set(frame);
  whole[frame.length] = FIELD;
  whole.writeUInt32LE(crc32(frame), frame.length + 1);
  return whole;
}

/** The frame without its checksum, a view; `BadFrame` if it does not fit. */
export function withoutChecksum(payload: Uint8Array): Uint8Array {
  const end = payload.length - FIELD_BYTES;
  if (end < 0 || payload[end] !== FIELD) throw new BadFrame("frame has no checksum");
  const frame = payload.subarray(0, end);
  const told = Buffer.from(payload.buffer, payload.byteOffset + end + 1, 4).readUInt32LE();
  if (crc32(frame) !== told) throw new BadFrame("frame is damaged: its checksum does not fit");
  return frame;
}
