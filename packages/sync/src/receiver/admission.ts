import { countOf, intersectionOf } from "../ranges.ts";
import type { Seen } from "./hole-watch.ts";

type Counted = Pick<Seen, "gatewayId" | "covered" | "target">;

/** Fewer missing blocks than this are a hiccup, not a backlog. */
const BEHIND_BLOCKS = 60;
/** Less than this would not even carry the questions. */
const BYTES_PER_SECOND_MIN = 1000;

/**
 * Shares what a receiver can take of backlogs among the gateways that have one: after an outage of
 * a region all come back at once. Live is not limited by it. Pure.
 */
export class Admission {
  readonly #bytesPerSecondMax: number;
  #missing = new Map<string, number>();
  #behindCount = 0;

  /** Infinity: everyone may send as fast as the line allows. */
  constructor(bytesPerSecondMax: number) {
    this.#bytesPerSecondMax = bytesPerSecondMax;
  }

  /** Counts anew: how many blocks are known to be missing, by gateway, as often as they are met. */
  count(all: Iterable<Counted>): void {
    if (!Number.isFinite(this.#bytesPerSecondMax)) return;
    this.#missing = new Map();
    for (const { gatewayId, covered, target } of all) {
      const held = countOf(intersectionOf(covered, [{ first: 1, last: target }]));
      this.#missing.set(gatewayId, (this.#missing.get(gatewayId) ?? 0) + target - held);
    }
    const counts = [...this.#missing.values()];
    this.#behindCount = counts.filter((missing) => missing >= BEHIND_BLOCKS).length;
  }

  /** What every gateway is told to stay under with backlog and repairs; undefined: nothing. */
  get limits(): { readonly rate: number } | undefined {
    if (!Number.isFinite(this.#bytesPerSecondMax)) return undefined;
    const share = this.#bytesPerSecondMax / Math.max(1, this.#behindCount);
    return { rate: Math.max(BYTES_PER_SECOND_MIN, Math.round(share)) };
  }
}
