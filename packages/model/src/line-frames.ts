/** Something seen on a line, in the order of time. */
export interface LineRecord {
  /** "opened": a connection began, and what comes belongs to no earlier one. */
  readonly kind: "opened" | "sent" | "received";
  /** UTC, with fractions where the clock has them. */
  readonly atMs: number;
  /** None of "opened". */
  readonly bytes: Uint8Array;
}

/** One frame made out of what was seen. */
export interface LineFrame {
  readonly atMs: number;
  readonly direction: "sent" | "received";
  readonly bytes: Uint8Array;
  /** The unit id, or the meter's address; null where the bytes are no frame. */
  readonly unit: number | string | null;
  /** For people: "read holding:40 to 41". */
  readonly text: string;
  readonly fault: FrameFault | null;
  /** From the request to this answer. */
  readonly roundTripMs: number | null;
}

export type FrameFault =
  | "exception"
  | "checksum"
  /** The answer to an earlier request. */
  | "late"
  /** Of another unit, or to nothing that was asked. */
  | "foreign"
  | "noise";

/** Makes frames out of records, however the bytes were cut on their way. */
export interface FrameReader {
  /** The frames that are whole with this record. */
  take(record: LineRecord): LineFrame[];
  /** What is left, as far as it can be told. */
  end(): LineFrame[];
}

/** How a driver's lines are read by people and by Wireshark. */
export interface LineProtocol {
  /** What a recording says it was taken from. */
  readonly medium: "tcp" | "serial";
  /** The port a recording of "tcp" is of: programs know the protocol by it. */
  readonly port: number;
  /** What tshark must be told to dissect a recording; empty if nothing. */
  readonly tsharkOptions: string;
  createFrameReader(): FrameReader;
}
