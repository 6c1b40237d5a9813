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

  /** The gateways whose ack is due, and all that wait if `isLast`. */
  takeDue(nowMs: number, isLast = false): string[] {
    const due: string[] = [];
    for (const [gatewayId, pending] of this.#gateways) {
      if (!pending.isPending || (!isLast && nowMs < dueMs(pending))) continue;
      Object.assign(pending, { isPending: false, blockCount: 0, lastMs: nowMs });
      due.push(gatewayId);
    }
    return due;
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
