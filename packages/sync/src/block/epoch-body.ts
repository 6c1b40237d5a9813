import { MalformedBlock } from "./format.ts";

/** What the first block of an epoch tells: why it began, and what it follows. */
export interface EpochStart {
  /** "" where there was none, or none is known. */
  readonly prevEpoch: string;
  /** The number the next block of `prevEpoch` would have had; 0 if not known. */
  readonly prevNext: number;
  readonly reason: string;
  readonly startedMs: number;
}

/** Body of a block of kind "epoch": JSON in UTF-8. */
export function encodeEpochBody(start: EpochStart): Uint8Array {
  const { prevEpoch, prevNext, reason, startedMs } = start;
  return new TextEncoder().encode(JSON.stringify({ prevEpoch, prevNext, reason, startedMs }));
}

/** Undoes `encodeEpochBody`; throws `MalformedBlock` on anything else. */
export function decodeEpochBody(body: Uint8Array): EpochStart {
  const fields = jsonObjectOf(body);
  const { prevEpoch, prevNext, reason, startedMs } = fields;
  if (typeof prevEpoch !== "string" || typeof reason !== "string") throw malformed();
  if (typeof prevNext !== "number" || typeof startedMs !== "number") throw malformed();
  return { prevEpoch, prevNext, reason, startedMs };
}

function malformed(): MalformedBlock {
  return new MalformedBlock("decode block: the epoch body lacks a field");
}

/** A JSON object of foreign bytes. */
export function jsonObjectOf(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new MalformedBlock("decode block: no JSON in UTF-8", { cause });
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new MalformedBlock("decode block: no JSON object");
  }
  return { ...parsed };
}
