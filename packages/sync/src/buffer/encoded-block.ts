import { deflated } from "../block/deflate.ts";
import { hashOf } from "../block/hash.ts";
import type { BlockToStore, Committed } from "./store-messages.ts";

/** Body and hash of a block as they are stored. */
export function encodedOf(block: BlockToStore): Committed["encoded"][number] {
  if (block.media) return { hash: block.media.hash, body: block.bytes };
  const body = block.kind === "data" ? deflated(block.bytes) : block.bytes;
  return { hash: hashOf(body), body };
}
