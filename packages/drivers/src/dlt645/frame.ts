import { bytesOf, digitsOf } from "../meter-line/bcd.ts";
import { checksum, END, type FrameShape, START } from "../meter-line/frame-scanner.ts";

/** A frame of DL/T 645-2007. Its data are as they are meant: without the 33H of the wire. */
export interface Frame {
  /** Twelve digits, high first; `A` fits any digit. */
  readonly meter: string;
  readonly control: number;
  readonly data: Uint8Array;
}

/** Requests of this protocol, as the control code says them. */
export const CONTROL = { read: 0x11, readFollowing: 0x12, readAddress: 0x13 } as const;

/** Bits that an answer adds to the control code of its request. */
export const ANSWER_BITS = { answer: 0x80, refused: 0x40, more: 0x20 } as const;

/** Every meter on the line answers to it: for a line with one meter. */
export const ANY_METER = "AAAAAAAAAAAA";

/** Start, six bytes of address, start again, control code, length. */
const HEAD_LENGTH = 10;
const TAIL_LENGTH = 2;
const SECOND_START_AT = 7;
const OFFSET = 0x33;
const DATA_BYTES_MAX = 200;

/** Wakes receivers before a request; meters may send one to four of them, or none. */
const PREAMBLE = Buffer.from([0xfe, 0xfe, 0xfe, 0xfe]);

/** How such frames are found. */
export const frameShape: FrameShape = {
  lengthAt(bytes, at) {
    const second = bytes[at + SECOND_START_AT];
    if (second === undefined) return 0;
    if (second !== START) return null;
    const length = bytes[at + HEAD_LENGTH - 1];
    if (length === undefined) return 0;
    return length > DATA_BYTES_MAX ? null : HEAD_LENGTH + length + TAIL_LENGTH;
  },
};

/** The frame's bytes, from start to end byte. */
export function encodeFrame({ meter, control, data }: Frame): Buffer {
  if (!/^[0-9A]{12}$/.test(meter)) throw new Error(`meter number "${meter}" is not 12 digits`);
  if (data.length > DATA_BYTES_MAX) throw new Error(`${data.length} bytes do not fit in a frame`);
  const head = [START, ...bytesOf(meter), START, control, data.length];
  const body = Buffer.from([...head, ...data.map((byte) => (byte + OFFSET) & 0xff)]);
  return Buffer.concat([body, Buffer.from([checksum(body), END])]);
}

/** The same with the bytes that go before a request. */
export function encodeRequest(frame: Frame): Buffer {
  return Buffer.concat([PREAMBLE, encodeFrame(frame)]);
}

/** A frame that the scanner found. */
export function decodeFrame(bytes: Buffer): Frame {
  const data = bytes.subarray(HEAD_LENGTH, -TAIL_LENGTH);
  return {
    meter: digitsOf(bytes.subarray(1, SECOND_START_AT)),
    control: bytes[HEAD_LENGTH - 2] as number,
    data: Uint8Array.from(data, (byte) => (byte - OFFSET) & 0xff),
  };
}

/** Whether a frame from `meter` can be from the one asked for; `A` fits any digit. */
export function isFrom(meter: string, asked: string): boolean {
  if (!/^\d{12}$/.test(meter)) return false;
  return [...asked].every((digit, index) => digit === "A" || digit === meter[index]);
}
