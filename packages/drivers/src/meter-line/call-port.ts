import { type Clock, Unreachable } from "@headgate/model";
import type { Wire } from "../wire/wire.ts";
import type { CallHeard } from "./call-all.ts";
import { type FrameShape, splitFrames } from "./frame-scanner.ts";

export interface CallPortOptions {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly shape: FrameShape;
  /** So long any meter may answer: all are heard, not only the first. */
  readonly timeoutMs: number;
  /** Silence before each question. */
  readonly turnaroundMs: number;
  /** Time of one byte on the wire; 0 where it does not matter. */
  readonly byteMs: number;
}

/** What has begun is heard to its end. */
const BYTE_GAP_MS_MAX = 100;
/** A line that babbles is not listened to for ever. */
const BABBLE_MS_MAX = 2_000;
/** Of a line that babbles. */
const HEARD_BYTES_MAX = 4_096;

/** A line on which questions to all are put, and everything that comes is heard. */
export class CallPort {
  readonly #options: CallPortOptions;
  readonly #ending = new AbortController();
  #bytes: Buffer = Buffer.alloc(0);
  #lastByteMs: number;
  #lost: Unreachable | null = null;
  #wake: () => void = () => {};

  constructor(options: CallPortOptions) {
    const { wire, clock } = options;
    this.#options = options;
    this.#lastByteMs = clock.monotonicMs();
    wire.listen(
      (bytes) => {
        this.#lastByteMs = clock.monotonicMs();
        if (this.#bytes.length > HEARD_BYTES_MAX) return;
        this.#bytes = Buffer.concat([this.#bytes, bytes]);
        this.#wake();
      },
      (why, cause) => this.#lose(new Unreachable(why, cause && { cause })),
    );
  }

  /**
   * Everything that comes in the time, or until the first whole frame where one is enough. Rejects
   * with `Unreachable` if the line is lost or `signal` aborts.
   */
  async put(
    request: Buffer,
    { signal, isOneEnough = false }: { signal: AbortSignal; isOneEnough?: boolean },
  ): Promise<CallHeard> {
    const endTurn = await this.#options.wire.takeTurn?.();
    try {
      const ending = AbortSignal.any([signal, this.#ending.signal]);
      return await this.#exchange(request, { signal: ending, isOneEnough });
    } finally {
      endTurn?.();
    }
  }

  close(): void {
    this.#lose(new Unreachable("the line was closed"));
    this.#options.wire.destroy();
  }

  async #exchange(
    request: Buffer,
    { signal, isOneEnough }: { signal: AbortSignal; isOneEnough: boolean },
  ): Promise<CallHeard> {
    const { wire, clock, shape, timeoutMs, turnaroundMs, byteMs } = this.#options;
    const babbleEndMs = clock.monotonicMs() + BABBLE_MS_MAX;
    await this.#until(() => Math.min(this.#lastByteMs + turnaroundMs, babbleEndMs), signal);
    this.#bytes = Buffer.alloc(0);
    const sentMs = clock.monotonicMs() + byteMs * request.length;
    wire.write(request);
    const endMs = sentMs + timeoutMs;
    const hear = () => {
      const echoAt = this.#bytes.indexOf(request);
      return echoAt < 0 ? this.#bytes : this.#bytes.subarray(echoAt + request.length);
    };
    await this.#until(() => {
      const heard = hear();
      const heardOutMs = heard.length > 0 ? this.#lastByteMs + BYTE_GAP_MS_MAX : 0;
      if (isOneEnough && splitFrames(heard, shape).some(({ isSound }) => isSound)) {
        return heardOutMs;
      }
      return Math.min(Math.max(endMs, heardOutMs), endMs + BABBLE_MS_MAX);
    }, signal);
    const heard = hear();
    const answerMs = Math.max(0, this.#lastByteMs - sentMs - byteMs * heard.length);
    return { stretches: splitFrames(heard, shape), answerMs };
  }

  /** Waits until a moment that may move on. */
  async #until(endMs: () => number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      if (this.#lost) throw this.#lost;
      if (signal.aborted) throw new Unreachable("the search was ended");
      const leftMs = endMs() - clock.monotonicMs();
      if (leftMs <= 0) return;
      const waking = new AbortController();
      this.#wake = () => waking.abort();
      await clock.sleep(leftMs, AbortSignal.any([signal, waking.signal]));
    }
  }

  #lose(why: Unreachable): void {
    this.#lost ??= why;
    this.#ending.abort();
  }
}
