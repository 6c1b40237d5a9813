import { type Context, describeError, Misconfigured, Refused, Unreachable } from "@headgate/model";
import type { HandoverLimits, Sink, SinkSession } from "./sink.ts";
import type { Queued, SinkOutbox } from "./sink-outbox.ts";

const LIMITS: HandoverLimits = { handoversMax: 200, samplesMax: 20_000 };
/** Another process may have put something back into the queue. */
const LOOK_AGAIN_MS = 5000;
/** A session that says nothing for so long is given up. */
const TAKE_MS_MAX = 60_000;
/** And so long it has to wind up what it was told to end. */
const GRACE_MS = 2000;
/** A sink that refuses more than this is not meant for what it gets. */
export const ASIDE_MAX = 10_000;

/** What to hand on, and where to. */
export interface HandOnOptions {
  readonly sink: Sink;
  readonly outbox: SinkOutbox;
}

/**
 * Hands on what waits for one sink, for one session with it; it is healthy when it has taken
 * something, or nothing waits. Resolves once `context.signal` aborted. Rejects when the sink takes
 * nothing more: try again after a pause.
 */
export async function handOn(
  options: HandOnOptions,
  context: Context,
  onHealthy: () => void,
): Promise<void> {
  const { sink, outbox } = options;
  const { signal, clock } = context;
  await outbox.register(sink.name);
  try {
    const session = await sink.open(context);
    try {
      await new HandingOn(options, session, context).run(onHealthy);
    } finally {
      await session.close();
    }
  } catch (error) {
    if (signal.aborted) return;
    await outbox.noteFault(sink.name, { reason: describeError(error), nowMs: clock.nowMs() });
    throw error;
  }
}

class HandingOn {
  readonly #sink: Sink;
  readonly #outbox: SinkOutbox;
  readonly #session: SinkSession;
  readonly #context: Context;

  constructor({ sink, outbox }: HandOnOptions, session: SinkSession, context: Context) {
    this.#sink = sink;
    this.#outbox = outbox;
    this.#session = session;
    this.#context = context;
  }

  async run(onHealthy: () => void): Promise<void> {
    const { signal } = this.#context;
    const limits = { ...LIMITS, ...this.#sink.limits };
    while (!signal.aborted) {
      const queued = await this.#outbox.next(this.#sink.name, limits);
      if (queued.length > 0) await this.#hand(queued);
      // Of a far side that is only spoken to when there is something, no more is known before.
      onHealthy();
      if (queued.length > 0) continue;
      await this.#idle();
    }
  }

  /** All of them; of several that are refused, one by one, in their order. */
  async #hand(queued: readonly Queued[]): Promise<void> {
    const refusal = await this.#offer(queued);
    if (refusal === null) {
      const positions = queued.map(({ position }) => position);
      await this.#outbox.done(this.#sink.name, positions, this.#context.clock.nowMs());
      return;
    }
    const [only] = queued;
    if (queued.length === 1 && only !== undefined) return this.#setAside(only, refusal);
    for (const one of queued) await this.#hand([one]);
  }

  /** Null once they are taken. */
  async #offer(queued: readonly Queued[]): Promise<Refused | null> {
    const { clock, signal } = this.#context;
    const over = new AbortController();
    const settled = new AbortController();
    const onAbort = () => over.abort();
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) over.abort();
    const limit = (async (): Promise<never> => {
      await clock.sleep(TAKE_MS_MAX, over.signal);
      over.abort();
      await clock.sleep(GRACE_MS, settled.signal);
      throw new Unreachable(`${this.#what}: no answer within ${TAKE_MS_MAX} ms`);
    })();
    // Only of interest while the take is under way.
    limit.catch(() => undefined);
    try {
      await Promise.race([this.#session.take(queued, over.signal), limit]);
      return null;
    } catch (error) {
      if (error instanceof Refused) return error;
      throw error;
    } finally {
      over.abort();
      settled.abort();
      signal.removeEventListener("abort", onAbort);
    }
  }

  async #setAside({ position, key }: Queued, refusal: Refused): Promise<void> {
    const { clock, log } = this.#context;
    const reason = describeError(refusal);
    log.warn("a sink refuses a block; it is set aside", { sink: this.#sink.name, key, reason });
    const remark = { reason, nowMs: clock.nowMs() };
    const count = await this.#outbox.setAside(this.#sink.name, position, remark);
    if (count >= ASIDE_MAX) {
      throw new Misconfigured(`${this.#what}: ${count} blocks are refused, last: ${reason}`);
    }
  }

  async #idle(): Promise<void> {
    const { clock, signal } = this.#context;
    if (signal.aborted) return;
    const over = new AbortController();
    const onAbort = () => over.abort();
    signal.addEventListener("abort", onAbort);
    try {
      const bell = this.#outbox.queued(this.#sink.name, over.signal);
      await Promise.race([bell, clock.sleep(LOOK_AGAIN_MS, over.signal)]);
    } finally {
      over.abort();
      signal.removeEventListener("abort", onAbort);
    }
  }

  get #what(): string {
    return `sink "${this.#sink.name}"`;
  }
}
