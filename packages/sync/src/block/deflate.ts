import { deflateSync, inflateSync } from "node:zlib";
import { INFLATED_BYTES_MAX, MalformedBlock } from "./format.ts";

/**
 * A packed block as it is stored and sent: zlib (RFC 1950), level 1. memLevel 6 makes short Huffman
 * blocks, about one per kind of bytes. What zlib gives is a small part of a buffer of 64 KiB, which
 * would stay with the block in memory and go with it from thread to thread: so it is copied.
 */
export function deflated(packed: Uint8Array): Uint8Array {
  return new Uint8Array(deflateSync(packed, { level: 1, memLevel: 6 }));
}

/** Undoes `deflated`, within `INFLATED_BYTES_MAX`. */
export function inflated(body: Uint8Array): Uint8Array {
  try {
    return inflateSync(body, { maxOutputLength: INFLATED_BYTES_MAX });
  } catch (cause) {
    throw new MalformedBlock("decode block: the body does not inflate", { cause });
  }
}
