import type { PartState } from "../supervise.ts";

/** What `/healthz` of a receiver says. */
export interface HealthReport {
  readonly ok: boolean;
  /** Why it can store nothing. */
  readonly problems: readonly string[];
  /** What waits for others and goes on by itself: the broker, a sink. */
  readonly waiting: readonly string[];
}

interface Part {
  readonly isVital: boolean;
  state: PartState;
}

/** Whether a receiver can store, by its parts. */
export class ReceiverHealth {
  readonly #parts = new Map<string, Part>();

  /** For the part's `onState`. Vital is what no block can be stored without. */
  watch(name: string, isVital: boolean): (state: PartState) => void {
    const part: Part = { isVital, state: { kind: "opening" } };
    this.#parts.set(name, part);
    return (state) => {
      part.state = state;
    };
  }

  /** There is no such part any more. */
  forget(name: string): void {
    this.#parts.delete(name);
  }

  /** A broker that is away is no health problem: to start anew would not bring it back. */
  report(): HealthReport {
    const parts = [...this.#parts];
    const down = parts.filter(([, { state }]) => state.kind !== "up");
    const told = (isVital: boolean) =>
      down
        .filter(([, part]) => part.isVital === isVital)
        .map(([name, { state }]) => {
          return `${name}: ${"reason" in state ? state.reason : "opening"}`;
        });
    const isBegun = parts.some(([, { isVital }]) => isVital);
    const problems = isBegun ? told(true) : ["starting"];
    return { ok: problems.length === 0, problems, waiting: told(false) };
  }
}
