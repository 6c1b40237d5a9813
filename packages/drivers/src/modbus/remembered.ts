import { SilentRequests } from "../silent-requests.ts";
import { OwedAnswers } from "./owed-answers.ts";
import { keyOf, type Request } from "./request.ts";

/** What is known of one unit beyond the line that was lost. */
export interface Remembered {
  /** A serial server may hand late answers to the next connection. */
  readonly owed: OwedAnswers;
  /** Their silence must not cost each connection anew. */
  readonly silent: SilentRequests<Request>;
}

/** Of a line's units, by their ids. */
export type RememberedUnits = Map<number, Remembered>;

/** By channel, for as long as it is configured. */
const byChannel = new WeakMap<object, RememberedUnits>();

/** The units of a channel, which is known by its settings. */
export function rememberedOf(settings: object): RememberedUnits {
  const remembered: RememberedUnits = byChannel.get(settings) ?? new Map();
  byChannel.set(settings, remembered);
  return remembered;
}

/** What is remembered of one unit from now on. */
export function remember(id: number, units: RememberedUnits | undefined): Remembered {
  const known = units?.get(id);
  if (known) return known;
  const fresh = { owed: new OwedAnswers(), silent: new SilentRequests<Request>(keyOf) };
  units?.set(id, fresh);
  return fresh;
}
