import { randomUUID } from "node:crypto";
import { type Clock, Refused, type Value } from "@headgate/model";
import { isSameValue } from "./write-rules.ts";

const SELECTIONS_MAX = 256;
const BY_COMMAND = "write with --select, then with --selection and the id that it gave";

/** What was selected: only this may be written, by whom it was selected. */
export interface Selected {
  readonly pointId: string;
  readonly value: Value;
  readonly by: string;
}

/** Points that wait for the second half of their write. */
export class Selections {
  readonly #clock: Clock;
  readonly #held = new Map<string, Selected & { readonly untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The last selection of a point counts. */
  hold(selected: Selected, forMs: number): string {
    const nowMs = this.#clock.monotonicMs();
    for (const [id, { pointId, untilMs }] of this.#held) {
      if (untilMs < nowMs || pointId === selected.pointId) this.#held.delete(id);
    }
    if (this.#held.size >= SELECTIONS_MAX) throw new Refused("too many points are selected");
    const id = randomUUID();
    this.#held.set(id, { ...selected, untilMs: nowMs + forMs });
    return id;
  }

  /** Uses a selection up; throws `Refused` unless it was for this. */
  take(id: string | undefined, { pointId, value, by }: Selected): void {
    const what = `write "${pointId}"`;
    const held = this.#held.get(id ?? "");
    if (!held) throw new Refused(`${what}: ${this.#whyNone(id, pointId)}`);
    this.#held.delete(id ?? "");
    if (held.untilMs < this.#clock.monotonicMs()) {
      throw new Refused(`${what}: the selection is over; select again`);
    }
    const isSame = held.pointId === pointId && held.by === by;
    if (isSame && isSameValue(held.value, value, 0)) return;
    throw new Refused(`${what}: it was selected for another value, point or person; select again`);
  }

  #whyNone(id: string | undefined, pointId: string): string {
    if (id === undefined) return `this point has to be selected first: ${BY_COMMAND}`;
    const other = [...this.#held.values()].find((held) => held.pointId === pointId);
    if (!other) return "the selection was used, or is over; select again";
    return `"${other.by}" has selected it meanwhile; select again`;
  }
}
