import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import type { Rng } from "./rng.ts";

/**
 * Lets all chance in this process come from `rng`, ids that the product makes included, until the
 * function it returns is called. One simulation at a time.
 */
export function seedAllChance(rng: Rng): () => void {
  const { randomBytes, randomUUID } = crypto;
  const { random } = Math;
  const bytesOf = (size: number) => {
    const bytes = Buffer.alloc(size);
    // Large ones only fill a file: what is in them does not matter.
    for (let index = 0; index < Math.min(size, 64); index++) bytes[index] = rng.between(0, 255);
    return bytes;
  };
  const uuid = () => {
    const hex = bytesOf(16).toString("hex");
    const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
    return [...parts, hex.slice(20)].join("-");
  };
  Object.assign(crypto, { randomBytes: bytesOf, randomUUID: uuid });
  Math.random = () => rng.next();
  syncBuiltinESMExports();
  return () => {
    Object.assign(crypto, { randomBytes, randomUUID });
    Math.random = random;
    syncBuiltinESMExports();
  };
}
