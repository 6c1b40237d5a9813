import type { Point } from "./point.ts";
import type { Sample } from "./sample.ts";

/**
 * A line opened to look who is on it. It asks one thing at a time, and only what reads. Who opens
 * it decides whom to ask: nothing is asked by itself.
 */
export interface LineSearch<Address = unknown, Device = unknown> {
  /** Asks whether somebody is there. Rejects with `Unreachable` if the line is lost. */
  look(device: Device, signal: AbortSignal): Promise<Look>;
  /**
   * Present where devices have long numbers and answer a question to all: tells each that is heard,
   * as it is heard. Before each question `onAsk` is told how many more are waiting, about.
   */
  call?(onAsk: (waitingCount: number) => void, signal: AbortSignal): AsyncIterable<Look>;
  /** What somebody who is there says of itself; null if nothing. */
  identify(device: Device, signal: AbortSignal): Promise<DeviceIdentity | null>;
  /**
   * As `Connection.read`, with each place asked once only. A silent place counts as refused: some
   * devices say nothing where others refuse; that it was silent stands in the reason.
   */
  read(points: readonly Point<Address, Device>[], signal: AbortSignal): Promise<Sample[]>;
  /** Safe to call twice. Never rejects. */
  close(): Promise<void>;
}

/** What became of a look at one device. */
export interface Look {
  /**
   * "conflict": more than one answered. "garbled": something answered each time, never whole: two
   * that speak at once, or other line settings than ours.
   */
  readonly outcome: "absent" | "present" | "conflict" | "garbled";
  /** What to write for who answered, in the form of the configuration: `{ unitId: 3 }`. */
  readonly device: Readonly<Record<string, number | string>>;
  /** For people, what came: "illegal data address (exception 2)". */
  readonly said: string;
  readonly answerMs: number | null;
  /** Others who were heard meanwhile: their answers were late. */
  readonly others: readonly number[];
}

/** What a device says of itself. */
export interface DeviceIdentity {
  /** How it said so: "device identification (FC 43)". */
  readonly by: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly version: string;
  readonly serial: string;
}
