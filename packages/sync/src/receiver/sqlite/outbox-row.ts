import type { Stream } from "@headgate/model";

/** A row of the outbox: what to hand on, by its place in the record. */
export interface OutboxRow {
  position: number;
  epochRef: number;
  gateway: string;
  stream: Stream;
  epoch: string;
  kind: string;
  first: number;
  last: number;
  storedMs: number;
}
