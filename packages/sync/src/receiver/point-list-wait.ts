import { bytesOf } from "./inbox.ts";
import type { Arrival } from "./store.ts";

/** What waits for a list beyond this is let go: its numbers stay uncovered, so it comes again. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;

/** Lists waited for at a time; blocks of further ones come again as well. */
const WAITING_LISTS_MAX = 10_000;
/** A gateway that does not answer so often has no such list: what waits for it makes room. */
const ASKS_MAX = 30;

interface Waiting {
  readonly gatewayId: string;
  readonly hash: string;
  readonly arrivals: Arrival[];
  askAtMs: number;
  askCount: number;
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
    const known = this.#waiting.get(key);
    if (known === undefined && this.#waiting.size >= WAITING_LISTS_MAX) return;
    const waiting = known ?? { gatewayId, hash, arrivals: [], askAtMs: 0, askCount: 0 };
    this.#waiting.set(key, waiting);
    if (this.#bytes + bytesOf(arrival) > WAITING_BYTES_MAX) return;
    this.#bytes += bytesOf(arrival);
    waiting.arrivals.push(arrival);
  }

  /** The blocks that waited for this list, of whichever gateway. */
  take(hash: string): Arrival[] {
    const taken: Arrival[] = [];
    for (const [key, waiting] of this.#waiting) {
      if (waiting.hash === hash) taken.push(...this.#drop(key, waiting));
    }
    return taken;
  }

  #drop(key: string, { arrivals }: Waiting): readonly Arrival[] {
    this.#waiting.delete(key);
    for (const arrival of arrivals) this.#bytes -= bytesOf(arrival);
    return arrivals;
  }

  /** Lists to ask for now. */
  takeDue(nowMs: number): { gatewayId: string; hash: string }[] {
    const due: { gatewayId: string; hash: string }[] = [];
    for (const [key, waiting] of this.#waiting) {
      if (nowMs < waiting.askAtMs) continue;
      if (waiting.askCount++ >= ASKS_MAX) {
        this.#drop(key, waiting);
        continue;
      }
      waiting.askAtMs = nowMs + this.#pauseMs;
      due.push({ gatewayId: waiting.gatewayId, hash: waiting.hash });
    }
    return due;
  }
}
