import type { SerialSettings } from "./physical-wire.ts";

/** Time of one byte on a serial line, with its start, parity and stop bits. */
export function byteMsOf({ baudRate, parity, dataBits, stopBits }: SerialSettings): number {
  const bits = 1 + dataBits + (parity === "none" ? 0 : 1) + stopBits;
  return (1000 * bits) / baudRate;
}

/** Modbus over serial line, 2.5.1.1: 3.5 characters end a frame, 1.75 ms above 19200 baud. */
export function frameGapMs(byteMs: number): number {
  return Math.max(FRAME_GAP_BYTES * byteMs, FRAME_GAP_MS_MIN);
}

const FRAME_GAP_BYTES = 3.5;
const FRAME_GAP_MS_MIN = 1.75;
