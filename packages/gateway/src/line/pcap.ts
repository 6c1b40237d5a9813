import type { FrameReader, LineFrame, LineProtocol, LineRecord } from "@headgate/model";

/** LINKTYPE_ETHERNET, and LINKTYPE_RTAC_SERIAL: a serial line with a direction for each frame. */
const LINK_TYPES = { tcp: 1, serial: 250 } as const;
const PACKET_BYTES_MAX = 65_535;
const ETHERNET_IPV4 = Buffer.from("0200000000020200000000010800", "hex");
const PROTOCOL_TCP = 6;
const FLAG_SYN = 0x02;
const FLAG_PUSH_ACK = 0x18;
const FLAG_ACK = 0x10;
const FIRST_PORT = 49_152;
/** Well below what one packet of IP holds. */
const SEGMENT_BYTES_MAX = 16_384;
const NO_BYTES = Buffer.alloc(0);

/** Writes what went over a line as Wireshark reads it, packet by packet. */
export interface Recorder {
  /** The bytes before the first packet. */
  readonly head: Buffer;
  take(record: LineRecord): Buffer;
  end(): Buffer;
}

/** A recorder for lines of this kind; its addresses and sequence numbers are made up. */
export function createRecorder(protocol: LineProtocol): Recorder {
  return protocol.medium === "tcp"
    ? new TcpRecorder(protocol.port)
    : new SerialRecorder(protocol.createFrameReader());
}

function headOf(medium: keyof typeof LINK_TYPES): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(PACKET_BYTES_MAX, 16);
  head.writeUInt32LE(LINK_TYPES[medium], 20);
  return head;
}

function packet(atMs: number, bytes: Buffer): Buffer {
  const { seconds, micros } = timeOf(atMs);
  const head = Buffer.alloc(16);
  head.writeUInt32LE(seconds, 0);
  head.writeUInt32LE(micros, 4);
  head.writeUInt32LE(bytes.length, 8);
  head.writeUInt32LE(bytes.length, 12);
  return Buffer.concat([head, bytes]);
}

function timeOf(atMs: number): { seconds: number; micros: number } {
  const micros = Math.round(atMs * 1000);
  return { seconds: Math.floor(micros / 1e6), micros: micros % 1e6 };
}

/** Each piece as a TCP segment between two made-up machines, the gateway and the device. */
class TcpRecorder implements Recorder {
  readonly head = headOf("tcp");
  readonly #port: number;
  #ownPort = FIRST_PORT;
  #sent = 0;
  #received = 0;
  #isOpen = false;

  constructor(port: number) {
    this.#port = port;
  }

  take({ kind, atMs, bytes }: LineRecord): Buffer {
    if (kind === "opened") {
      if (this.#isOpen) this.#ownPort++;
      return this.#open(atMs);
    }
    // A recording may begin in the middle of a connection.
    const opening = this.#isOpen ? NO_BYTES : this.#open(atMs);
    const packets = [opening];
    for (let at = 0; at < bytes.length; at += SEGMENT_BYTES_MAX) {
      const part = Buffer.from(bytes.subarray(at, at + SEGMENT_BYTES_MAX));
      packets.push(packet(atMs, this.#pass(kind === "sent", part)));
    }
    return Buffer.concat(packets);
  }

  #pass(isSent: boolean, bytes: Buffer): Buffer {
    const segment = this.#segment(isSent, FLAG_PUSH_ACK, bytes);
    if (isSent) this.#sent = (this.#sent + bytes.length) >>> 0;
    else this.#received = (this.#received + bytes.length) >>> 0;
    return segment;
  }

  end(): Buffer {
    return NO_BYTES;
  }

  #open(atMs: number): Buffer {
    this.#isOpen = true;
    this.#sent = 0;
    this.#received = 0;
    const syn = this.#segment(true, FLAG_SYN, NO_BYTES);
    this.#sent = 1;
    const synAck = this.#segment(false, FLAG_SYN | FLAG_ACK, NO_BYTES);
    this.#received = 1;
    const ack = this.#segment(true, FLAG_ACK, NO_BYTES);
    return Buffer.concat([syn, synAck, ack].map((segment) => packet(atMs, segment)));
  }

  #segment(isSent: boolean, flags: number, bytes: Buffer): Buffer {
    const tcp = Buffer.alloc(20);
    tcp.writeUInt16BE(isSent ? this.#ownPort : this.#port, 0);
    tcp.writeUInt16BE(isSent ? this.#port : this.#ownPort, 2);
    tcp.writeUInt32BE(isSent ? this.#sent : this.#received, 4);
    if (flags !== FLAG_SYN) tcp.writeUInt32BE(isSent ? this.#received : this.#sent, 8);
    tcp[12] = 5 << 4;
    tcp[13] = flags;
    tcp.writeUInt16BE(0xffff, 14);
    const ip = ipHeader(isSent, tcp.length + bytes.length);
    const length = Buffer.from([0, PROTOCOL_TCP, 0, 0]);
    length.writeUInt16BE(tcp.length + bytes.length, 2);
    const sum = checksum(Buffer.concat([ip.subarray(12, 20), length, tcp, bytes]));
    tcp.writeUInt16BE(sum, 16);
    return Buffer.concat([ETHERNET_IPV4, ip, tcp, bytes]);
  }
}

/** From 10.0.0.1, the gateway, to 10.0.0.2, the device, or back. */
function ipHeader(isSent: boolean, length: number): Buffer {
  const ip = Buffer.alloc(20);
  ip[0] = 0x45;
  ip.writeUInt16BE(ip.length + length, 2);
  ip[8] = 64;
  ip[9] = PROTOCOL_TCP;
  ip.set([10, 0, 0, isSent ? 1 : 2], 12);
  ip.set([10, 0, 0, isSent ? 2 : 1], 16);
  ip.writeUInt16BE(checksum(ip), 10);
  return ip;
}

/** The internet's: ones' complement of the sum of 16-bit words. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += ((bytes[at] as number) << 8) | (bytes[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Each frame with its direction: what a dissector of a serial line wants is whole frames. */
class SerialRecorder implements Recorder {
  readonly head = headOf("serial");
  readonly #frames: FrameReader;

  constructor(frames: FrameReader) {
    this.#frames = frames;
  }

  take(record: LineRecord): Buffer {
    return Buffer.concat(this.#frames.take(record).map(serialPacket));
  }

  end(): Buffer {
    return Buffer.concat(this.#frames.end().map(serialPacket));
  }
}

const SERIAL_SENT = 1;
const SERIAL_RECEIVED = 2;

function serialPacket({ atMs, direction, bytes }: LineFrame): Buffer {
  const { seconds, micros } = timeOf(atMs);
  const head = Buffer.alloc(12);
  head.writeUInt32BE(seconds, 0);
  head.writeUInt32BE(micros, 4);
  head[8] = direction === "sent" ? SERIAL_SENT : SERIAL_RECEIVED;
  return packet(atMs, Buffer.concat([head, bytes]));
}
