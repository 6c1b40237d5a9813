import { type Block, Refused, type Sample } from "@headgate/model";
import { decodeSamples } from "../block/decode.ts";
import { MalformedBlock } from "../block/format.ts";
import type { FrameToEncode } from "./frame.ts";
import { encodeJsonFrame } from "./json-frame.ts";
import { encodeProtobufFrame } from "./protobuf-frame.ts";

/** One message. `Refused` if a block cannot be told in the format: unreadable, or without names. */
export function encodeFrame(frame: FrameToEncode): Uint8Array {
  if (frame.format === "blocks") return encodeProtobufFrame(frame);
  return encodeJsonFrame(frame, (block) => samplesOf(block, frame.pointListOf));
}

function samplesOf(block: Block, pointListOf: FrameToEncode["pointListOf"]): Sample[] {
  const { seq, schemaHash, body } = block;
  const list = pointListOf(schemaHash);
  if (list === null) {
    throw new Refused(`encode block ${seq} as json: its point list ${schemaHash} is unknown`);
  }
  try {
    return decodeSamples(body, list.pointIds);
  } catch (error) {
    if (!(error instanceof MalformedBlock)) throw error;
    throw new Refused(`encode block ${seq} as json: its body is unreadable`, { cause: error });
  }
}
