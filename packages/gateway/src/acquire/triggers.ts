import type { PointId, Sample } from "@headgate/model";
import type { LiveValues } from "../live-values.ts";
import type { AcquisitionPlan, Plans } from "./plan.ts";
import { createPointGroup, type Member, type PointGroup } from "./point-group.ts";

/** What is to be read out of turn. */
export interface Triggers {
  /** A group to be read now. */
  take(): PointGroup | undefined;
  sleep(wait: (wake: AbortSignal) => Promise<void>, turn: AbortSignal): Promise<void>;
}

/** Of a scan beside others: events are another's. */
export const NO_TRIGGERS: Triggers = {
  take: () => undefined,
  sleep: (wait, turn) => wait(turn),
};

/**
 * Points whose event became true, and those that are new: each is kept until it is read, whatever
 * plan comes meanwhile. Wakes the scan that sleeps.
 */
export class EventTriggers implements Triggers {
  readonly #plans: Plans;
  readonly #live: LiveValues;
  readonly #signal: AbortSignal;
  readonly #fired = new Set<PointId>();
  readonly #fresh = new Set<PointId>();
  #nap = new AbortController();

  constructor(plans: Plans, live: LiveValues, signal: AbortSignal) {
    this.#plans = plans;
    this.#live = live;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#nap.abort(), { once: true });
    this.#watch();
  }

  /** These points are read at once, together. */
  addFresh(ids: readonly PointId[]): void {
    for (const id of ids) this.#fresh.add(id);
  }

  take(): PointGroup | undefined {
    const { members, triggered } = this.#plans.current;
    for (const id of this.#fired) {
      this.#fired.delete(id);
      const found = triggered.find(({ group }) => group.points[0]?.id === id);
      // Of a point that is not there any more, or waits for no event, nobody wants to know.
      if (found) return found.group;
    }
    if (this.#fresh.size === 0) return undefined;
    const fresh = [...this.#fresh].flatMap((id): Member[] => {
      const member = members.get(id);
      return member ? [member] : [];
    });
    this.#fresh.clear();
    return fresh.length === 0 ? undefined : createPointGroup(fresh, this.#live);
  }

  async sleep(wait: (wake: AbortSignal) => Promise<void>, turn: AbortSignal): Promise<void> {
    if (this.#fired.size > 0 || this.#fresh.size > 0 || turn.aborted) return;
    this.#nap = new AbortController();
    await wait(this.#nap.signal);
  }

  /** Until another plan comes, and then that one's: at no moment is nobody looking. */
  #watch(): void {
    const { current, changed } = this.#plans;
    const signal = this.#signal;
    const next = () => {
      this.#watch();
      this.#nap.abort();
    };
    changed.addEventListener("abort", next, { once: true, signal });
    this.#watchEvents(current, AbortSignal.any([signal, changed]));
  }

  #watchEvents({ triggered }: AcquisitionPlan, signal: AbortSignal): void {
    for (const { onEvent, group } of triggered) {
      const target = group.points[0]?.id;
      if (target === undefined) continue;
      for (const pointId of onEvent) {
        let wasTrue = this.#live.get(pointId)?.value === true;
        this.#live.watch(pointId, signal, ({ value }: Sample) => {
          const isTrue = value === true;
          if (isTrue && !wasTrue) {
            this.#fired.add(target);
            this.#nap.abort();
          }
          wasTrue = isTrue;
        });
      }
    }
  }
}
