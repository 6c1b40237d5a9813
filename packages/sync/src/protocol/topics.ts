import { type Lane, STREAMS, type Stream } from "@headgate/model";

/** Where the protocol's topics start unless configured otherwise. */
export const DEFAULT_ROOT = "headgate/1";

/** Where the topics of a shard's gateways start; of all gateways where there are no shards. */
export function shardRoot(root: string, shard: string | undefined): string {
  return shard === undefined ? root : `${root}/${shard}`;
}

/** Blocks and gaps of one stream, sent up on one lane. */
export function dataTopic(root: string, gatewayId: string, stream: Stream, lane: Lane): string {
  return `${root}/${gatewayId}/d/${stream}/${lane}`;
}

/** Point lists, and gaps sent by themselves. */
export function recordTopic(root: string, gatewayId: string, stream: Stream): string {
  return `${root}/${gatewayId}/m/${stream}`;
}

/** The gateway's retained standing, and its will. */
export function helloTopic(root: string, gatewayId: string): string {
  return `${root}/${gatewayId}/hello`;
}

/** What one receiver holds of one gateway, retained. `+` as receiver subscribes to all. */
export function ackTopic(root: string, gatewayId: string, receiverId: string): string {
  return `${root}/${gatewayId}/ack/${receiverId}`;
}

/** What one receiver asks of one gateway. `+` as receiver subscribes to all. */
export function requestTopic(root: string, gatewayId: string, receiverId: string): string {
  return `${root}/${gatewayId}/req/${receiverId}`;
}

/** How far the gateway has published, retained, written and read by itself. */
export function fenceTopic(root: string, gatewayId: string): string {
  return `${root}/${gatewayId}/fence`;
}

/** What an uplink of delivery "broker+hold" leaves on the broker for itself, retained. */
export function holdTopic(root: string, gatewayId: string, uplinkId: string): string {
  return `${root}/${gatewayId}/hold/${uplinkId}`;
}

/** Where an uplink that is tried out says so; nobody needs to listen. */
export function probeTopic(root: string, gatewayId: string): string {
  return `${root}/${gatewayId}/probe`;
}

/** A topic, taken apart. */
export interface ParsedTopic {
  readonly kind: "data" | "record" | "hello" | "ack" | "request" | "fence";
  readonly gatewayId: string;
  readonly stream?: Stream;
  readonly lane?: Lane;
  readonly receiverId?: string;
}

/** What a topic says, or null where it is none of the protocol's under `root`. */
export function parseTopic(root: string, topic: string): ParsedTopic | null {
  if (!topic.startsWith(`${root}/`)) return null;
  const [gatewayId, letter, third, fourth, ...rest] = topic.slice(root.length + 1).split("/");
  if (!gatewayId || letter === undefined || rest.length > 0) return null;
  if (letter === "d") {
    if (!isStream(third) || !isLane(fourth)) return null;
    return { kind: "data", gatewayId, stream: third, lane: fourth };
  }
  if (fourth !== undefined) return null;
  if (letter === "m") return isStream(third) ? { kind: "record", gatewayId, stream: third } : null;
  if (letter === "ack" || letter === "req") {
    if (!third) return null;
    return { kind: letter === "ack" ? "ack" : "request", gatewayId, receiverId: third };
  }
  if (third !== undefined) return null;
  return letter === "hello" || letter === "fence" ? { kind: letter, gatewayId } : null;
}

/** Whether text from the wire names a stream. */
export function isStream(text: unknown): text is Stream {
  return STREAMS.some((stream) => stream === text);
}

/** Whether text from the wire names a lane. */
export function isLane(text: unknown): text is Lane {
  return text === "l" || text === "b" || text === "r";
}
