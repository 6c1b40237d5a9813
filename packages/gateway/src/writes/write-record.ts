import { createHash } from "node:crypto";
import type { GuestWrite } from "@headgate/model";
import type { Writing } from "../config/config.ts";

/** How far a write has come. */
export type WriteState =
  /** Recorded, nothing was sent. */
  | "queued"
  /** About to be sent, or sent: from here on it is never sent again. */
  | "sent"
  /** Read back: the device has the value. */
  | "verified"
  /** Read back: the device has another. */
  | "mismatch"
  /** Sent, and nothing shows what became of it. */
  | "unknown"
  /** Not allowed, or the device said no: nothing has changed. */
  | "refused"
  /** Not sent, and never will be. */
  | "cancelled";

/** JSON has no 64-bit integers: those are text. */
export type WrittenValue = boolean | number | string | null;

/** What became of a write. */
export interface WriteReport {
  readonly id: string;
  readonly point: string;
  readonly value: WrittenValue;
  readonly state: WriteState;
  readonly readBack: WrittenValue;
  readonly reason: string | null;
  readonly by: string;
  /** When it was asked for. */
  readonly atMs: number;
}

/** What a write of a point has to keep to, and its last ones. */
export interface WriteOutlook extends Writing {
  readonly point: string;
  /** Until the next write is allowed. */
  readonly waitMs: number;
  /** The newest first. */
  readonly writes: readonly WriteReport[];
}

/** One line of the journal, before it is numbered. */
export type JournalEntry =
  | ({ readonly kind: "write" } & Omit<WriteReport, "atMs">)
  | ({ readonly kind: "guest"; readonly channel: string } & GuestWrite);

/** One line of the journal. `chain` is a hash over it and the line before. */
export type JournalRecord = JournalEntry & {
  readonly n: number;
  readonly at: string;
  readonly chain: string;
};

const CHAIN_LENGTH = 32;
export const FIRST_CHAIN = "0".repeat(CHAIN_LENGTH);

/** The line of a record, and the hash that the next one is chained to. */
export function recordLine(
  entry: JournalEntry,
  { n, at, before }: { readonly n: number; readonly at: string; readonly before: string },
): { readonly line: string; readonly chain: string } {
  const body = JSON.stringify({ n, at, ...entry });
  const chain = chainOf(before, body);
  return { line: `${body.slice(0, -1)},"chain":"${chain}"}\n`, chain };
}

/** A record from its line; null if it is damaged, or not chained to the one before. */
export function parseRecord(line: string, before: string | null): JournalRecord | null {
  const [, body, chain] = /^(\{.*),"chain":"([0-9a-f]+)"\}$/.exec(line) ?? [];
  if (body === undefined || chain === undefined) return null;
  if (before !== null && chainOf(before, `${body}}`) !== chain) return null;
  try {
    return { ...(JSON.parse(`${body}}`) as Omit<JournalRecord, "chain">), chain } as JournalRecord;
  } catch {
    return null; // Half a line: the power was cut while it was written.
  }
}

function chainOf(before: string, body: string): string {
  return createHash("sha256").update(before).update(body).digest("hex").slice(0, CHAIN_LENGTH);
}
