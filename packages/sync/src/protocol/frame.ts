import type { Entry, Lane, PointList } from "@headgate/model";

/** One message to be: whole entries of one stream and epoch, ascending. */
export interface Frame {
  readonly gatewayId: string;
  readonly lane: Lane;
  readonly entries: readonly Entry[];
}

/** How blocks travel: packed as stored, or as JSON by name. */
export type FrameFormat = "blocks" | "blocks-json";

/** What `encodeFrame` needs. */
export interface FrameToEncode extends Frame {
  readonly format: FrameFormat;
  /** Asked by `blocks-json` only. */
  readonly pointListOf: (hash: string) => PointList | null;
}
