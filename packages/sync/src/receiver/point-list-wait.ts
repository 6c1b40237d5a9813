import { bytesOf } from "./inbox.ts";
import type { Arrival } from "./store.ts";

/** What waits for a list beyond this is let go: its numbers stay uncovered, so it comes again. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;

interface Waiting {
  readonly gatewayId: string;
  readonly hash: string;
  readonly arrivals: Arrival[];
  askAtMs: number;
}

/** Blocks that came before the point list they refer to. Times are monotonic. */
export class PointListWait {
  readonly #pauseMs: number;
  readonly #waiting = new Map<string, Waiting>();
  #bytes = 0;

  constructor(pauseMs: number) {
    this.#pauseMs = pauseMs;
  }

  add(arrival: Arrival): void {
    const { gatewayId, entry } = arrival;
    if (entry.kind === "gap") return;
    const key = `${gatewayId} ${entry.schemaHash}`;
    const hash = entry.schemaHash;
    const waiting = this.#waiting.get(key) ?? { gatewayId, hash, arrivals: [], askAtMs: 0 };
    this.#waiting.set(key, waiting);
    if (this.#bytes + bytesOf(arrival) > WAITING_BYTES_MAX) return;
    this.#bytes += bytesOf(arrival);
    waiting.arrivals.push(arrival);
  }

  /** The blocks that waited for this list, of whichever gateway. */
  take(hash: string): Arrival[] {
    const taken: Arrival[] = [];
    for (const [key, waiting] of this.#waiting) {
      if (waiting.hash !== hash) continue;
      this.#waiting.delete(key);
      taken.push(...waiting.arrivals);
    }
    for (const arrival of taken) this.#bytes -= bytesOf(arrival);
    return taken;
  }

  /** Lists to ask for now. */
  takeDue(nowMs: number): { gatewayId: string; hash: string }[] {
    const due: { gatewayId: string; hash: string }[] = [];
    for (const waiting of this.#waiting.values()) {
      if (nowMs < waiting.askAtMs) continue;
      waiting.askAtMs = nowMs + this.#pauseMs;
      due.push({ gatewayId: waiting.gatewayId, hash: waiting.hash });
    }
    return due;
  }
}
