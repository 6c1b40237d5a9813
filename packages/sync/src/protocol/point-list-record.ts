import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { PointList } from "@headgate/model";
import { z } from "zod";
import { BadFrame } from "./bad-frame.ts";
import { DEFAULT_FRAME_LIMITS, type FrameLimits } from "./frame-limits.ts";
import { inflateJson } from "./json-frame.ts";
import { PROTOCOL_VERSION } from "./wire-code.ts";

/** As JSON. */
export const recordSchema = z.object({
  v: z.literal(PROTOCOL_VERSION),
  gw: z.string().min(1),
  hash: z.string().regex(/^[0-9a-f]{16}$/),
  pointIds: z.array(z.string()),
});

/** A point list with the gateway it belongs to. */
export interface PointListRecord extends PointList {
  readonly gatewayId: string;
}

/** The record that tells receivers which points a block's indexes mean. */
export function encodePointList({ gatewayId, hash, pointIds }: PointListRecord): Uint8Array {
  return gzipSync(JSON.stringify({ v: PROTOCOL_VERSION, gw: gatewayId, hash, pointIds }));
}

/** Reads the record and proves that the list is the one its hash names. */
export function decodePointList(
  payload: Uint8Array,
  limits: FrameLimits = DEFAULT_FRAME_LIMITS,
): PointListRecord {
  const parsed = recordSchema.safeParse(inflateJson(payload, limits.inflatedBytesMax));
  if (!parsed.success) throw new BadFrame("point list is malformed", { cause: parsed.error });
  const { gw, hash, pointIds } = parsed.data;
  if (hashOf(pointIds) !== hash) throw new BadFrame(`point list is not the one ${hash} names`);
  return { gatewayId: gw, hash, pointIds };
}

function hashOf(pointIds: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(pointIds)).digest("hex").slice(0, 16);
}
