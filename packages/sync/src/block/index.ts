export { BlockBuilder, type PackedBlock } from "./block-builder.ts";
export { type ClockStep, decodeClockBody, encodeClockBody } from "./clock-body.ts";
export { type DecodedBlock, decodeColumns, decodeSamples, valueAt } from "./decode.ts";
export { deflated, inflated } from "./deflate.ts";
export { decodeEpochBody, type EpochStart, encodeEpochBody } from "./epoch-body.ts";
export {
  INFLATED_BYTES_MAX,
  MalformedBlock,
  QualityCode,
  SAMPLES_PER_BLOCK_MAX,
  ValueType,
} from "./format.ts";
export { hashOf, pointListOf } from "./hash.ts";
export { decodeMediaBody, encodeMediaBody, type MediaRecord } from "./media-body.ts";
