import type { Block, Gap, Lane, Sample, Thinned } from "@headgate/model";

/** What one message brought. */
export interface ReceivedFrame {
  readonly gatewayId: string;
  readonly lane: Lane;
  /** Of one stream and epoch, ascending. */
  readonly entries: readonly ReceivedEntry[];
}

/** A block, what was kept of some, or a gap, as it came over the wire. */
export type ReceivedEntry = Gap | Thinned | ReceivedBlock;

/** A block whose content is packed in `body`, or already decoded in `samples`: never both. */
export interface ReceivedBlock extends Omit<Block, "body"> {
  /** The stored bytes; absent where the format carries the samples by name. */
  readonly body?: Uint8Array;
  /** Decoded, grouped by point, in the block's order. */
  readonly samples?: readonly Sample[];
}
