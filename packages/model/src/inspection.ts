/** A place in a device that somebody wants to look at, and what is known of it. */
export interface InspectQuestion<Address = unknown, Device = unknown> {
  readonly device: Device;
  /** As it is written in the configuration ("holding:40"), or a point's own. */
  readonly address: string | Address;
  readonly hints: InspectHints;
}

/** All that is known of what should be there; null where nothing is. */
export interface InspectHints {
  /** What the device's own display shows, with all its digits: "230.1". */
  readonly shows: string | null;
  /** "V", "kWh" … */
  readonly unit: string | null;
  readonly min: number | null;
  readonly max: number | null;
}

/** What stands there, and what it may mean, the likeliest first. */
export interface Inspection {
  /** The unit id, or the meter's address on the line. */
  readonly unit: number | string;
  /** The place: "holding:40". */
  readonly address: string;
  readonly words: readonly InspectedWord[];
  /** Where the device refuses all of it: another place that it gives, such as "input:40". */
  readonly elsewhere: string | null;
  readonly interpretations: readonly Interpretation[];
  readonly verdict: InspectVerdict;
}

export type InspectVerdict =
  /** What the display shows is there, and one interpretation stands far above the others. */
  | "certain"
  /** One stands above the others, and nothing proves it. */
  | "likely"
  /** Several fit. */
  | "open"
  /** None fits. */
  | "none";

/** One register as it was read. */
export interface InspectedWord {
  /** "holding:40". */
  readonly address: string;
  /** From the place asked for. */
  readonly offset: number;
  /** Null where the device gave none. */
  readonly word: number | null;
  /** It changed between two reads. */
  readonly hasChanged: boolean;
  readonly refusal: string | null;
}

/** One way to read the words. */
export interface Interpretation {
  readonly offset: number;
  /** What to write in the configuration. */
  readonly settings: InterpretedSettings;
  /** The value's bytes, the most significant first: "42 40 D7 0A". */
  readonly bytes: string;
  /** In engineering units; more digits than a number holds stay text. */
  readonly value: number | string;
  /** From 0 to 1: its share among all that were tried. */
  readonly share: number;
  readonly reasons: readonly InspectReason[];
}

export interface InterpretedSettings {
  readonly address: string;
  readonly type: string;
  /** Null where the type has none to choose. */
  readonly order: string | null;
  readonly scale: number;
}

/** Why it stands where it stands; the numbers go into the text. */
export interface InspectReason {
  readonly code: InspectReasonCode;
  readonly params: Readonly<Record<string, string | number>>;
}

export type InspectReasonCode =
  | "shows-exactly"
  | "shows-cut"
  | "shows-near"
  | "offset"
  | "order-usual"
  | "order-rare"
  | "scaled"
  | "few-digits"
  | "fits-unit"
  | "beside-unit"
  | "within-limits"
  | "outside-limits"
  | "neighbours-fit"
  | "neighbours-differ"
  | "steady"
  | "jumps"
  | "sign-unknown"
  | "reads-alike";
