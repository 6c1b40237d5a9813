import { type Clock, Unreachable } from "@headgate/model";
import type { Wire } from "../../wire/wire.ts";
import { answersIn, type Heard, type HeardFrame } from "./heard.ts";

/** One question, and how long its answer is waited for. */
export interface Asking extends HeardFrame {
  readonly timeoutMs: number;
  /** Listens on after the answer until nothing came for so long: who else answers? */
  readonly afterMs?: number;
  /** Silence before the question, on top of the line's own. */
  readonly quietMs?: number;
}

export interface SearchPortOptions {
  readonly wire: Wire;
  readonly clock: Clock;
  /** Silence kept before each question. */
  readonly pauseMs: number;
  /** Time of one byte on the wire; 0 where it does not matter. */
  readonly byteMs: number;
}

/** An answer that has begun is heard to its end: adapters hand over bytes in steps. */
const STEP_MS = 40;
/** A line that is never silent is waited for so long. */
const BABBLE_MS_MAX = 1_000;
/** The longest frame there is. */
const FRAME_BYTES_MAX = 260;

/** A line on which single questions are put, and everything that comes is heard. */
export abstract class SearchPort {
  readonly #options: SearchPortOptions;
  #bytes: Buffer = Buffer.alloc(0);
  #lastByteMs: number;
  #lost: Unreachable | null = null;
  #wake: () => void = () => {};

  constructor(options: SearchPortOptions) {
    this.#options = options;
    this.#lastByteMs = options.clock.monotonicMs();
    options.wire.listen(
      (bytes) => {
        this.#lastByteMs = options.clock.monotonicMs();
        // Noise without end is not kept.
        if (this.#bytes.length < 4 * FRAME_BYTES_MAX) {
          this.#bytes = Buffer.concat([this.#bytes, bytes]);
        }
        this.#wake();
      },
      (why, cause) => this.#lose(new Unreachable(why, cause && { cause })),
    );
  }

  /** Rejects with `Unreachable` if the line is lost or `signal` aborts. */
  async ask(asking: Asking, signal: AbortSignal): Promise<Heard> {
    const { wire } = this.#options;
    const endTurn = await wire.takeTurn?.();
    const stop = () => this.#wake();
    signal.addEventListener("abort", stop);
    try {
      await this.#quiet(this.#options.pauseMs + (asking.quietMs ?? 0), signal);
      return await this.#exchange(asking, signal);
    } finally {
      signal.removeEventListener("abort", stop);
      endTurn?.();
    }
  }

  /** Lets what is late come, and be gone. */
  async rest(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    await clock.sleep(ms, signal);
  }

  close(): void {
    this.#lose(new Unreachable("the line was closed"));
    this.#options.wire.destroy();
  }

  /** The question as it goes over the wire. */
  protected abstract frame(question: HeardFrame): Buffer;

  /** What `bytes` are, that came after it. */
  protected abstract hear(bytes: Buffer, sent: Buffer): Omit<Heard, "answerMs">;

  async #exchange(asking: Asking, signal: AbortSignal): Promise<Heard> {
    const { clock, wire } = this.#options;
    const { timeoutMs, afterMs = 0 } = asking;
    const sent = this.frame(asking);
    this.#bytes = Buffer.alloc(0);
    const askedMs = clock.monotonicMs() + this.#wireMs(sent.length);
    wire.write(sent);
    let answerMs: number | null = null;
    let endMs = askedMs + timeoutMs;
    const lastMs = endMs + this.#wireMs(FRAME_BYTES_MAX) + BABBLE_MS_MAX;
    try {
      for (;;) {
        this.#check(signal);
        const heard = this.hear(this.#bytes, sent);
        const nowMs = clock.monotonicMs();
        if (answersIn(heard.frames, asking).length > 0) {
          answerMs ??= Math.max(0, nowMs - askedMs - this.#wireMs(this.#bytes.length));
          endMs = this.#lastByteMs + afterMs;
        } else if (this.#bytes.length > 0) {
          endMs = Math.max(endMs, this.#lastByteMs + STEP_MS);
        }
        const leftMs = Math.min(endMs, lastMs) - nowMs;
        if (leftMs <= 0) return { ...heard, answerMs };
        await this.#waitFor(leftMs);
      }
    } finally {
      // It may come while a channel on the same line asks the same unit.
      if (answerMs === null) wire.unanswered?.(sent);
    }
  }

  async #quiet(pauseMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const endMs = clock.monotonicMs() + Math.max(pauseMs, BABBLE_MS_MAX);
    for (;;) {
      this.#check(signal);
      const nowMs = clock.monotonicMs();
      const leftMs = Math.min(this.#lastByteMs + pauseMs, endMs) - nowMs;
      if (leftMs <= 0) return;
      await this.#waitFor(leftMs);
    }
  }

  /** So long, or until something happens. */
  async #waitFor(ms: number): Promise<void> {
    const waking = new AbortController();
    this.#wake = () => waking.abort();
    if (this.#lost) return;
    await this.#options.clock.sleep(ms, waking.signal);
    this.#wake = () => {};
  }

  #wireMs(byteCount: number): number {
    return byteCount * this.#options.byteMs;
  }

  #check(signal: AbortSignal): void {
    if (this.#lost) throw this.#lost;
    if (signal.aborted) throw new Unreachable("the search was ended");
  }

  #lose(why: Unreachable): void {
    this.#lost ??= why;
    this.#wake();
  }
}
