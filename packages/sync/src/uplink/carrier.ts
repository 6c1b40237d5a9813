import type { Batch } from "@headgate/model";
import type { Message } from "./message.ts";

/** Turns batches into messages of one format. */
export interface Carrier {
  /** How many batches may be on the way, and how large one may be. */
  readonly limits: { readonly batchesMax: number; readonly batchBytesMax: number };
  messagesOf(batch: Batch): Promise<Carried>;
}

/** The messages of one batch. */
export interface Carried {
  /** Point lists; the server must have them before the blocks that refer to them. */
  readonly records: readonly ListToTell[];
  readonly data: readonly Message[];
}

/** A point list that blocks refer to. */
export interface ListToTell {
  readonly hash: string;
  /** Whoever has no list can make nothing of the blocks. */
  readonly isNeeded: boolean;
  readonly message: () => Message;
}
