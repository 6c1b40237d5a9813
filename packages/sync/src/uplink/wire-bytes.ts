import type { Message } from "./message.ts";

/** Fixed header, topic length, packet id and property length, at most. */
const PACKET_OVERHEAD_BYTES = 16;
/** What one segment carries, and what IP, TCP and TLS put around it. */
const SEGMENT_BYTES = 1400;
const SEGMENT_OVERHEAD_BYTES = 70;

/** Size of the MQTT packet that carries a message, at most. */
export function packetBytesOf({ topic, payload, properties }: Message): number {
  const user = properties ? JSON.stringify(properties).length + 64 : 0;
  return payload.byteLength + Buffer.byteLength(topic) + user + PACKET_OVERHEAD_BYTES;
}

/** What a packet of this size and its answer come to on the wire, TLS, TCP and IP included. */
export function wireBytesOf(packetBytes: number): number {
  const segments = Math.ceil(packetBytes / SEGMENT_BYTES);
  return packetBytes + (segments + 1) * SEGMENT_OVERHEAD_BYTES;
}
