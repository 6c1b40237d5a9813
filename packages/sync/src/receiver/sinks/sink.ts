import type { Block, Context, Gap, Sample, Thinned } from "@headgate/model";

/** A picture, by what the record knows of it; its bytes lie beside the store. */
export interface HandedMedia {
  readonly pointId: string;
  readonly timestampMs: number;
  readonly name: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  /** Below the store's media folder. */
  readonly path: string;
}

/** Of entries that a clock dated which was not known to be right. */
export interface HandedDating {
  /** Whether it is known by now by how much it was wrong. */
  readonly isCorrected: boolean;
  /** What was added to the times that the gateway gave. */
  readonly shiftMs: number;
}

/** A block as the record holds it, decoded. */
export interface HandedBlock extends Omit<Block, "body" | "schemaHash" | "clock"> {
  readonly dating?: HandedDating;
  /** Of kind data: in the order of their index in the block. Else empty. */
  readonly samples: readonly Sample[];
  /** Of kind media. */
  readonly media?: HandedMedia;
}

/** A sample that was kept of a thinned block, under the number and index it always had. */
export interface KeptSample {
  readonly seq: number;
  readonly index: number;
  readonly sample: Sample;
}

/** What thinned blocks tell of one point in one minute. */
export interface HandedMinute {
  readonly pointId: string;
  /** Start of the minute, UTC. */
  readonly minuteMs: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly last: number;
  readonly count: number;
  readonly quality: "good" | "uncertain";
}

/** What was kept of the blocks of a range; of those numbers that have not come as blocks. */
export interface HandedThinned extends Omit<Thinned, "body" | "schemaHash" | "clock"> {
  readonly dating?: HandedDating;
  readonly samples: readonly KeptSample[];
  readonly minutes: readonly HandedMinute[];
}

/** A block, what was kept of some, or the fact that they are gone for good. */
export type HandedEntry = HandedBlock | HandedThinned | Gap;

/** One committed entry on its way out of the record. */
export interface Handover {
  /** Names it for ever: `gateway/stream/epoch/number`; of a range `…/first-last/gap`, or
   * `/thinned`. Contents that were dated anew have another one. */
  readonly key: string;
  readonly gatewayId: string;
  readonly entry: HandedEntry;
  /** When the record took it, UTC. */
  readonly storedMs: number;
}

/** How much one `take` is given. */
export interface HandoverLimits {
  readonly handoversMax: number;
  /** A single entry with more is given alone. */
  readonly samplesMax: number;
}

/**
 * Where committed entries are handed on to. Each entry comes at least once, in the order of the
 * commits of its gateway and stream; after a fault what was under way comes again.
 */
export interface Sink {
  /** One word: under this name the record keeps what the sink has not taken yet. */
  readonly name: string;
  readonly limits?: Partial<HandoverLimits>;
  /** Tries once. Rejects with `Unreachable` or `Misconfigured`: it is opened again later. */
  open(context: Context): Promise<SinkSession>;
}

/** One line to the far side, from its opening to its first fault. */
export interface SinkSession {
  /**
   * Resolves once all of them are safe at the far side: they do not come again. Rejects with
   * `Refused` if it will never take what it was given: if that were several, each comes again
   * alone, and the one that is refused alone is set aside for a person. Any other fault ends the
   * session; all of them come again. May reject at once when `signal` aborts.
   */
  take(handovers: readonly Handover[], signal: AbortSignal): Promise<void>;
  /** Safe to call twice. Never rejects. */
  close(): Promise<void>;
}

/** The name of an entry: the same for the same contents, however often it is handed on. */
export function keyOf(gatewayId: string, entry: HandedEntry): string {
  const { kind, stream, epoch } = entry;
  const epochKey = `${gatewayId}/${stream}/${epoch}`;
  const dated = "dating" in entry && entry.dating ? datedKeyOf(entry.dating) : "";
  if ("seq" in entry) return `${epochKey}/${entry.seq}${dated}`;
  return `${epochKey}/${entry.first}-${entry.last}/${kind}${dated}`;
}

/** Empty for times as they were at first; a shift that is not known to be all of it has a "?". */
function datedKeyOf({ shiftMs, isCorrected }: HandedDating): string {
  if (shiftMs === 0 && !isCorrected) return "";
  return `/${shiftMs < 0 ? "" : "+"}${shiftMs}ms${isCorrected ? "" : "?"}`;
}

/** What an entry weighs in a batch. */
export function samplesIn(entry: HandedEntry): number {
  if (entry.kind === "gap") return 0;
  if (entry.kind === "thinned") return entry.samples.length + entry.minutes.length;
  return entry.sampleCount;
}
