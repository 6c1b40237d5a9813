import { jsonObjectOf } from "./epoch-body.ts";
import { MalformedBlock } from "./format.ts";

/** A picture as one block of stream `media` carries it. */
export interface MediaRecord {
  readonly name: string;
  readonly contentType: string;
  readonly pointId: string;
  readonly timestampMs: number;
  readonly bytes: Uint8Array;
}

/** A header longer than this is not ours. */
const HEADER_BYTES_MAX = 16_384;
const LINE_FEED = 10;

/** Body of a block of kind "media": a JSON header line, a line feed, the file's bytes. */
export function encodeMediaBody(media: MediaRecord): Uint8Array {
  const { name, contentType, pointId, timestampMs, bytes } = media;
  const header = JSON.stringify({ name, contentType, pointId, timestampMs });
  const head = new TextEncoder().encode(`${header}\n`);
  const body = new Uint8Array(head.length + bytes.length);
  body.set(head);
  body.set(bytes, head.length);
  return body;
}

/** Undoes `encodeMediaBody`; `bytes` is a view into `body`. */
export function decodeMediaBody(body: Uint8Array): MediaRecord {
  const end = body.subarray(0, HEADER_BYTES_MAX).indexOf(LINE_FEED);
  if (end < 0) throw new MalformedBlock("decode block: the media header has no end");
  const { name, contentType, pointId, timestampMs } = jsonObjectOf(body.subarray(0, end));
  const isWhole =
    typeof name === "string" &&
    typeof contentType === "string" &&
    typeof pointId === "string" &&
    typeof timestampMs === "number" &&
    Number.isSafeInteger(timestampMs);
  if (!isWhole) throw new MalformedBlock("decode block: the media header lacks a field");
  return { name, contentType, pointId, timestampMs, bytes: body.subarray(end + 1) };
}
