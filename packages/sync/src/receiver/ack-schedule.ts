const PAUSE_MS = 1000;
/** So many new blocks are half a usual window: the gateway is waiting for this ack. */
const HURRY_BLOCKS = 64;
const HURRY_PAUSE_MS = 100;

interface Pending {
  blockCount: number;
  lastMs: number;
  isPending: boolean;
}

/** Decides when a gateway gets its next ack. Times are monotonic. */
export class AckSchedule {
  readonly #gateways = new Map<string, Pending>();

  /** Something of the gateway was committed, or came again. */
  note(gatewayId: string, blockCount: number): void {
    const pending = this.#gateways.get(gatewayId) ?? {
      blockCount: 0,
      lastMs: Number.NEGATIVE_INFINITY,
      isPending: false,
    };
    pending.blockCount += blockCount;
    pending.isPending = true;
    this.#gateways.set(gatewayId, pending);
  }

  /** Up to `countMax` gateways whose ack is due, those first that have waited for most turns. */
  takeDue(nowMs: number, countMax: number): string[] {
    const isDue = (pending: Pending) => pending.isPending && nowMs >= dueMs(pending);
    return this.#take(isDue, { nowMs, countMax });
  }

  /** All gateways that wait for an ack, due or not. */
  takeAll(nowMs: number): string[] {
    const countMax = Number.POSITIVE_INFINITY;
    return this.#take(({ isPending }) => isPending, { nowMs, countMax });
  }

  #take(
    isTaken: (pending: Pending) => boolean,
    { nowMs, countMax }: { readonly nowMs: number; readonly countMax: number },
  ): string[] {
    const taken: string[] = [];
    for (const [gatewayId, pending] of this.#gateways) {
      if (taken.length >= countMax) break;
      if (isTaken(pending)) taken.push(gatewayId);
    }
    for (const gatewayId of taken) {
      // To the end of the line: the map's order is that of the last acks.
      this.#gateways.delete(gatewayId);
      this.#gateways.set(gatewayId, { isPending: false, blockCount: 0, lastMs: nowMs });
    }
    return taken;
  }

  /** When the next ack is due; infinity if none waits. */
  get nextMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const pending of this.#gateways.values()) {
      if (pending.isPending) next = Math.min(next, dueMs(pending));
    }
    return next;
  }
}

function dueMs({ blockCount, lastMs }: Pending): number {
  return lastMs + (blockCount >= HURRY_BLOCKS ? HURRY_PAUSE_MS : PAUSE_MS);
}
