import type { Sample } from "@headgate/model";
import { type ClockStep, decodeClockBody } from "../block/clock-body.ts";
import { type DecodedBlock, decodeColumns } from "../block/decode.ts";
import { decodeEpochBody, type EpochStart } from "../block/epoch-body.ts";
import { MalformedBlock } from "../block/format.ts";
import { hashOf } from "../block/hash.ts";
import { decodeMediaBody, type MediaRecord } from "../block/media-body.ts";
import type { ReceivedBlock } from "../protocol/received-entry.ts";

/** What is in a block, by the form in which it came. */
export type Contents =
  | { readonly kind: "columns"; readonly columns: DecodedBlock }
  | { readonly kind: "samples"; readonly samples: readonly Sample[] }
  | { readonly kind: "media"; readonly media: MediaRecord }
  | { readonly kind: "epoch"; readonly start: EpochStart }
  | { readonly kind: "clock"; readonly step: ClockStep };

/** Proves and unpacks a block; text says why it cannot be kept. */
export function unpackBlock(block: ReceivedBlock): Contents | string {
  const { kind, body, samples, hash, sampleCount } = block;
  if (body === undefined) {
    if (kind !== "data" || samples === undefined) return `a ${kind} block came without its body`;
    return { kind: "samples", samples };
  }
  if (hashOf(body) !== hash) return "the body is not the one its hash names";
  const isCounted = kind === "data" || sampleCount === (kind === "media" ? 1 : 0);
  if (!isCounted) return `a ${kind} block holds no ${sampleCount} samples`;
  try {
    if (kind === "media") return { kind, media: decodeMediaBody(body) };
    if (kind === "clock") return { kind, step: decodeClockBody(body) };
    if (kind === "epoch") return { kind, start: decodeEpochBody(body) };
    const columns = decodeColumns(body);
    if (columns.sampleCount === sampleCount) return { kind: "columns", columns };
    return `the body holds ${columns.sampleCount} samples, ${sampleCount} are announced`;
  } catch (error) {
    if (error instanceof MalformedBlock) return error.message;
    throw error;
  }
}
