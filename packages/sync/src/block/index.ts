export { BlockBuilder, type PackedBlock } from "./block-builder.ts";
export { type ClockStep, decodeClockBody, encodeClockBody } from "./clock-body.ts";
export {
  type DecodedBlock,
  decodeColumns,
  decodeSamples,
  samplesOfColumns,
  valueAt,
} from "./decode.ts";
export { deflated, inflated } from "./deflate.ts";
export { decodeEpochBody, type EpochStart, encodeEpochBody } from "./epoch-body.ts";
export {
  INFLATED_BYTES_MAX,
  MalformedBlock,
  QualityCode,
  SAMPLES_PER_BLOCK_MAX,
  THINNED_BLOCKS_MAX,
  ValueType,
} from "./format.ts";
export { hashOf, pointListOf } from "./hash.ts";
export { decodeMediaBody, encodeMediaBody, type MediaRecord } from "./media-body.ts";
export { type DecodedThinned, decodeThinned, type MinuteFigures } from "./thinned-body.ts";
export { type BlockToThin, type ThinnedContent, Thinner, thinBlocks } from "./thinner.ts";
