export { BadFrame } from "./bad-frame.ts";
export { decodeFrame } from "./decode-frame.ts";
export { encodeFrame } from "./encode-frame.ts";
export type { Frame, FrameFormat, FrameToEncode } from "./frame.ts";
export { DEFAULT_FRAME_LIMITS, type FrameLimits } from "./frame-limits.ts";
export {
  type Ack,
  encodeMessage,
  type Fence,
  type Hello,
  parseAck,
  parseFence,
  parseHello,
  parseRequest,
  type Request,
} from "./messages.ts";
export { decodePointList, encodePointList, type PointListRecord } from "./point-list-record.ts";
export type { ReceivedBlock, ReceivedEntry, ReceivedFrame } from "./received-entry.ts";
export * from "./topics.ts";
export { PROTOCOL_VERSION } from "./wire-code.ts";
