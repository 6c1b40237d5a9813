import type { BrokerName } from "../peers/brokers.ts";

export const FORMATS = ["blocks", "blocks-json", "json"] as const;
export const MODES = ["receiver", "broker+hold", "broker"] as const;
export type Format = (typeof FORMATS)[number];
export type Mode = (typeof MODES)[number];

/** One square of the matrix. */
export interface Cell {
  readonly fault: string;
  readonly broker: BrokerName;
  readonly format: Format;
  readonly mode: Mode;
}

/** As a file name and for people. */
export function nameOf({ fault, broker, format, mode }: Cell): string {
  return [fault, broker, format, mode].join(" · ");
}

/** What was found in one square. */
export interface CellResult extends Cell {
  readonly seed: number;
  /** ISO 8601, of the end of the run. */
  readonly at: string;
  readonly seconds: number;
  readonly committed: number;
  readonly stored: number;
  readonly lost: number;
  readonly twice: number;
  readonly wrong: number;
  /** Samples inside recorded gaps. */
  readonly gone: number;
  /** From the end of the fault until nothing was left to send. */
  readonly recoveryMs: number;
  /** Of the fault: how often it struck. */
  readonly strikes: number;
  /** Each a sentence; none if all that is promised held. */
  readonly violations: readonly string[];
  /** What this mode does not promise under this fault; "" if it promises everything. */
  readonly notPromised: string;
}
