import { jsonObjectOf } from "./epoch-body.ts";
import { MalformedBlock } from "./format.ts";

/** Tells how far the time of day was wrong that dated earlier blocks of this run of the machine. */
export interface ClockStep {
  /** The run: `BlockClock.bootId` of the blocks meant. */
  readonly bootId: string;
  /** The number of this step: blocks with a lower `BlockClock.step` were dated before it. */
  readonly step: number;
  /** To be added to their samples' times where `BlockClock.isSynced` is false. */
  readonly offsetMs: number;
  /** Whether the time of day is known to be right from here on. */
  readonly isSynced: boolean;
  /** For a person: what was seen. */
  readonly reason: string;
  /** When it was seen, by the new time of day. */
  readonly atMs: number;
}

/** Body of a block of kind "clock": JSON in UTF-8. */
export function encodeClockBody(change: ClockStep): Uint8Array {
  const { bootId, step, offsetMs, isSynced, reason, atMs } = change;
  const fields = { boot: bootId, step, offsetMs, sync: isSynced, reason, atMs };
  return new TextEncoder().encode(JSON.stringify(fields));
}

/** Undoes `encodeClockBody`; throws `MalformedBlock` on anything else. */
export function decodeClockBody(body: Uint8Array): ClockStep {
  const { boot, step, offsetMs, sync, reason, atMs } = jsonObjectOf(body);
  if (typeof boot !== "string" || typeof reason !== "string") throw malformed();
  if (!isWhole(step) || !isWhole(offsetMs) || !isWhole(atMs) || step < 0) throw malformed();
  return { bootId: boot, step, offsetMs, isSynced: sync === true, reason, atMs };
}

function isWhole(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value);
}

function malformed(): MalformedBlock {
  return new MalformedBlock("decode block: the clock body lacks a field");
}
