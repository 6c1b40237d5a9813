import { hashOf } from "../block/hash.ts";

/** What a row says of its block beside the body, in the words of the protocol. */
export interface SealedFields {
  readonly stream: string;
  readonly epoch: string;
  readonly seq: number;
  readonly kind: string;
  readonly sampleCount: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly schemaHash: string;
  readonly hash: string;
  readonly mediaName: string;
  readonly mediaBytes: number;
  readonly clock: string;
}

/** Of a row that an older version wrote: nothing proves it but the hash of its body. */
export const NO_SEAL = 0;

/**
 * 48 bits over everything a row says: a flipped bit must not put a body under another number or
 * another point list. `hash` stands for the body.
 */
export function sealOf(fields: SealedFields): number {
  const { stream, epoch, seq, kind, sampleCount, fromMs, toMs, schemaHash, hash } = fields;
  const { mediaName, mediaBytes, clock } = fields;
  const block = [stream, epoch, seq, kind, sampleCount, fromMs, toMs, schemaHash, hash];
  const text = JSON.stringify([...block, mediaName, mediaBytes, clock]);
  return Number.parseInt(hashOf(text).slice(0, 12), 16) || 1;
}
