import { deflateSync, inflateSync } from "node:zlib";
import { INFLATED_BYTES_MAX, MalformedBlock } from "./format.ts";

/**
 * A packed block as it is stored and sent: zlib (RFC 1950), level 1. memLevel 6 makes short Huffman
 * blocks, about one per kind of bytes.
 */
export function deflated(packed: Uint8Array): Uint8Array {
  return deflateSync(packed, { level: 1, memLevel: 6 });
}

/** Undoes `deflated`, within `INFLATED_BYTES_MAX`. */
export function inflated(body: Uint8Array): Uint8Array {
  try {
    return inflateSync(body, { maxOutputLength: INFLATED_BYTES_MAX });
  } catch (cause) {
    throw new MalformedBlock("decode block: the body does not inflate", { cause });
  }
}
