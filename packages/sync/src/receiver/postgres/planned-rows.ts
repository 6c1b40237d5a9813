import type { ReceivedBlock } from "../../protocol/received-entry.ts";
import type { Contents } from "../unpack-block.ts";

type MediaContents = Extract<Contents, { kind: "media" }>["media"];

/** A block to insert, or what is held of one that was thinned. */
export interface NewBlock {
  readonly epochRef: number;
  readonly ref: number;
  readonly block: Pick<ReceivedBlock, "seq" | "hash" | "sampleCount" | "fromMs" | "toMs"> & {
    readonly kind: ReceivedBlock["kind"] | "thinned";
  };
  readonly thinnedCount: number;
}

/** A block that came with other contents than the one that is kept. */
export interface NewConflict {
  readonly epochRef: number;
  readonly seq: number;
  readonly hash: string;
  readonly keptHash: string;
  readonly body: Uint8Array | null;
}

/** What is stored now, for those to whom it is handed on. */
export interface Queued {
  readonly gatewayRef: number;
  readonly epochRef: number;
  readonly kind: string;
  readonly first: number;
  readonly last: number;
}

/** A picture to insert. */
export interface NewMedia {
  readonly epochRef: number;
  readonly seq: number;
  readonly pointRef: number;
  readonly media: MediaContents;
}
