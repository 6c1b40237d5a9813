import { BadFrame } from "./bad-frame.ts";
import { DEFAULT_FRAME_LIMITS, type FrameLimits } from "./frame-limits.ts";
import { decodeJsonFrame } from "./json-frame.ts";
import { decodeProtobufFrame } from "./protobuf-frame.ts";
import type { ReceivedFrame } from "./received-entry.ts";

const GZIP_MAGIC = [0x1f, 0x8b];
const BRACE = 0x7b;

/** Reads one message of either format, told by its first bytes. Whatever is wrong: `BadFrame`. */
export function decodeFrame(
  payload: Uint8Array,
  limits: FrameLimits = DEFAULT_FRAME_LIMITS,
): ReceivedFrame {
  if (payload.byteLength > limits.payloadBytesMax) throw new BadFrame("frame is too large");
  const isGzip = payload[0] === GZIP_MAGIC[0] && payload[1] === GZIP_MAGIC[1];
  if (isGzip || payload[0] === BRACE) return decodeJsonFrame(payload, limits);
  return decodeProtobufFrame(payload, limits);
}
