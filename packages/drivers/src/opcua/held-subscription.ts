/** What a subscription is at the server, and what was heard of it: it may outlive its session. */
export interface HeldSubscription {
  readonly id: number;
  readonly publishingMs: number;
  readonly keepAliveCount: number;
  /** So long the server keeps it for whom it does not hear of. */
  readonly lifetimeMs: number;
  /** Of each item the place of its point; an item's handle is its index here and one. */
  readonly items: number[];
  /** Places of points whose nodes the server does not know yet. */
  absent: readonly number[];
  /** Places of points that are more than it takes items, and are read instead. */
  polled: readonly number[];
  /** Number of the last message that came; 0 before the first. */
  lastNumber: number;
}

/** What is asked of a server, and what it made of it. */
interface Asked {
  readonly requestedPublishingInterval: number;
  readonly requestedMaxKeepAliveCount: number;
  readonly requestedLifetimeCount: number;
}
interface Made {
  readonly subscriptionId: number;
  readonly revisedPublishingInterval: number;
  readonly revisedMaxKeepAliveCount: number;
  readonly revisedLifetimeCount: number;
}

/** Whatever a server says, it is heard of or given up within a day. */
const intervalMsMax = 86_400_000;

/** A new subscription. What a server revises to nothing, or beyond all reason, is as was asked. */
export function heldOf(made: Made, asked: Asked): HeldSubscription {
  const either = (revised: number, wanted: number) => {
    return revised > 0 && revised <= intervalMsMax ? revised : wanted;
  };
  const publishingMs = either(made.revisedPublishingInterval, asked.requestedPublishingInterval);
  const count = (revised: number, wanted: number) => {
    return either(revised * publishingMs, wanted * publishingMs) / publishingMs;
  };
  const lifetimeCount = count(made.revisedLifetimeCount, asked.requestedLifetimeCount);
  return {
    id: made.subscriptionId,
    publishingMs,
    keepAliveCount: count(made.revisedMaxKeepAliveCount, asked.requestedMaxKeepAliveCount),
    lifetimeMs: lifetimeCount * publishingMs,
    items: [],
    absent: [],
    polled: [],
    lastNumber: 0,
  };
}

interface Left {
  readonly key: string;
  readonly held: HeldSubscription;
  readonly untilMs: number;
}

/** Of all channels together; past that the oldest is given up. */
const leftMax = 256;

/**
 * Subscriptions that lost lines left at their servers: who comes back soon enough, for the same
 * points of the same server, goes on with what is kept there.
 */
export class LeftSubscriptions {
  #left: Left[] = [];

  /** `nowMs` is monotonic. */
  leave(key: string, held: HeldSubscription, nowMs: number): void {
    this.#left = this.#left.filter((one) => one.key !== key && one.untilMs > nowMs);
    this.#left.push({ key, held, untilMs: nowMs + held.lifetimeMs });
    if (this.#left.length > leftMax) this.#left.shift();
  }

  /** It is whose who takes it. */
  take(key: string, nowMs: number): HeldSubscription | null {
    const found = this.#left.find((one) => one.key === key);
    if (!found) return null;
    this.#left = this.#left.filter((one) => one !== found);
    return found.untilMs > nowMs ? found.held : null;
  }
}
