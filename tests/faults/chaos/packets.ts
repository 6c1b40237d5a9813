/** MQTT packets told apart, their bytes untouched. */

const NAMES = [
  ...["reserved", "connect", "connack", "publish", "puback", "pubrec", "pubrel", "pubcomp"],
  ...["subscribe", "suback", "unsubscribe", "unsuback", "pingreq", "pingresp", "disconnect"],
  "auth",
] as const;

/** One packet as it came. */
export interface Packet {
  readonly name: (typeof NAMES)[number];
  readonly bytes: Buffer;
  /** Of a publish; "" of others. */
  readonly topic: string;
  /** Where a publish's packet id stands, QoS 1; 0 for others. */
  readonly idAt: number;
}

/** Cuts a stream of bytes into whole packets. */
export class PacketCutter {
  #rest: Buffer = Buffer.alloc(0);

  take(chunk: Buffer): Packet[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const packets: Packet[] = [];
    for (;;) {
      const length = packetLength(this.#rest);
      if (length === null || this.#rest.length < length) return packets;
      packets.push(packetOf(this.#rest.subarray(0, length)));
      this.#rest = this.#rest.subarray(length);
    }
  }
}

/** Of the packet that begins here, header included; null while the header is not whole. */
function packetLength(bytes: Buffer): number | null {
  let length = 0;
  for (let at = 1; at <= 4; at++) {
    const byte = bytes[at];
    if (byte === undefined) return null;
    length += (byte & 0x7f) * 128 ** (at - 1);
    if (byte < 0x80) return length + at + 1;
  }
  throw new Error("a packet's length has more than four bytes");
}

function packetOf(bytes: Buffer): Packet {
  const name = NAMES[(bytes[0] as number) >> 4] ?? "reserved";
  if (name !== "publish") return { name, bytes, topic: "", idAt: 0 };
  const start = 1 + bytes.subarray(1).findIndex((byte) => byte < 0x80) + 1;
  const length = bytes.readUInt16BE(start);
  const topic = bytes.toString("utf8", start + 2, start + 2 + length);
  const isQos1 = ((bytes[0] as number) & 0x06) !== 0;
  return { name, bytes, topic, idAt: isQos1 ? start + 2 + length : 0 };
}
