import type { Wire } from "./wire.ts";

/** How bytes stand on a serial line. */
export interface SerialSettings {
  readonly baudRate: number;
  readonly parity: "none" | "even" | "odd";
  readonly dataBits: 7 | 8;
  readonly stopBits: 1 | 2;
}

/** A port or socket as the system gives it, before channels share it. */
export interface PhysicalWire extends Pick<Wire, "write" | "listen"> {
  /** Present on a serial port: how bytes stand on the line from now on. */
  apply?(settings: SerialSettings): Promise<void>;
  /** Resolves once the system has it back, so that it can be opened anew. Safe to call twice. */
  close(): Promise<void>;
}
