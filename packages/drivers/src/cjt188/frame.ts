import { bytesOf, digitsOf } from "../meter-line/bcd.ts";
import { checksum, END, type FrameShape, START } from "../meter-line/frame-scanner.ts";

/** A frame of CJ/T 188. */
export interface Frame {
  /** What it measures: 10 cold water … 20 heat … */
  readonly kind: number;
  /** Fourteen digits, high first; `A` fits any digit. */
  readonly meter: string;
  readonly control: number;
  readonly data: Uint8Array;
}

/** Requests of this protocol, as the control code says them. */
export const CONTROL = { read: 0x01, readAddress: 0x03 } as const;

/** Bits that an answer adds to the control code of its request. */
export const ANSWER_BITS = { answer: 0x80, refused: 0x40 } as const;

/** Every meter on the line answers to it: for a line with one meter. */
export const ANY_METER = "AAAAAAAAAAAAAA";

/** Start, kind, seven bytes of address, control code, length. */
const HEAD_LENGTH = 11;
const TAIL_LENGTH = 2;
const DATA_BYTES_MAX = 100;

/** Wakes receivers before a request; meters may send some of them, or none. */
const PREAMBLE = Buffer.from([0xfe, 0xfe, 0xfe, 0xfe]);

/** How such frames are found. */
export const frameShape: FrameShape = {
  lengthAt(bytes, at) {
    const length = bytes[at + HEAD_LENGTH - 1];
    if (length === undefined) return 0;
    return length > DATA_BYTES_MAX ? null : HEAD_LENGTH + length + TAIL_LENGTH;
  },
};

/** The frame's bytes, from start to end byte. */
export function encodeFrame({ kind, meter, control, data }: Frame): Buffer {
  if (!/^[0-9A]{14}$/.test(meter)) throw new Error(`meter number "${meter}" is not 14 digits`);
  if (data.length > DATA_BYTES_MAX) throw new Error(`${data.length} bytes do not fit in a frame`);
  const head = [START, kind, ...bytesOf(meter), control, data.length];
  const body = Buffer.from([...head, ...data]);
  return Buffer.concat([body, Buffer.from([checksum(body), END])]);
}

/** The same with the bytes that go before a request. */
export function encodeRequest(frame: Frame): Buffer {
  return Buffer.concat([PREAMBLE, encodeFrame(frame)]);
}

/** A frame that the scanner found. */
export function decodeFrame(bytes: Buffer): Frame {
  return {
    kind: bytes[1] as number,
    meter: digitsOf(bytes.subarray(2, HEAD_LENGTH - 2)),
    control: bytes[HEAD_LENGTH - 2] as number,
    data: Uint8Array.from(bytes.subarray(HEAD_LENGTH, -TAIL_LENGTH)),
  };
}

/** Whether a frame from `meter` can be from the one asked for; `A` fits any digit. */
export function isFrom(meter: string, asked: string): boolean {
  if (!/^[0-9A-F]{14}$/.test(meter)) return false;
  return [...asked].every((digit, index) => digit === "A" || digit === meter[index]);
}
