import type { IPublishPacket } from "mqtt";

/** One message to publish with QoS 1. */
export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain?: boolean;
  readonly properties?: NonNullable<IPublishPacket["properties"]>;
}
