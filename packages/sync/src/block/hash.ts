import { createHash } from "node:crypto";
import type { PointList } from "@headgate/model";

/** First 64 bits of SHA-256, as 16 hex digits: how blocks and point lists are named. */
export function hashOf(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

/** A point list with its hash. */
export function pointListOf(pointIds: readonly string[]): PointList {
  return { hash: hashOf(JSON.stringify(pointIds)), pointIds };
}
