import { EventEmitter } from "node:events";
import { type Clock, type ExchangeOutcome, type LineTap, Unreachable } from "@headgate/model";
import type { Wire } from "../wire/wire.ts";
import type { Read } from "./request.ts";

export interface PortOptions {
  readonly wire: Wire;
  readonly clock: Clock;
  /** Silence kept before each request, since the last byte seen. */
  readonly pauseMs: number;
  /** Told of what answers nothing. */
  readonly tap?: LineTap | undefined;
}

/**
 * Told of the answer to a read: unit id and PDU, from `at` to the end. The next answer may stand in
 * the same memory: whoever keeps it copies it.
 */
export type OnAnswer = (answer: Buffer, at: number) => void;

/** Below, a millisecond too much would be felt: what a timer cannot wait is waited for awake. */
const FINE_PAUSE_MS = 2;

/** CRC bytes at the end of what the library writes and wants. */
export const CRC_LENGTH = 2;

/**
 * What modbus-serial takes for a port. It writes requests as RTU frames and wants each answer as
 * one, with "data"; how they stand on the wire is the port's affair. One request at a time: bytes
 * that come without one are late or noise. A lost wire is told by "close" with the reason, a
 * request of somebody else on the wire that had no answer by "unanswered".
 */
export abstract class Port extends EventEmitter {
  /** Late answers are told apart by an id; without one the next request must look different. */
  abstract readonly hasIds: boolean;
  /** It must see a read first, to know whether an adapter echoes what it sends. */
  abstract readonly needsReadBeforeWrite: boolean;
  /** What stands before the answer that was taken, in bytes. */
  protected answerAt = 0;
  readonly pauseMs: number;
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #tap: LineTap | undefined;
  #isOpen = true;
  #asked: Buffer | null = null;
  #onAnswer: OnAnswer | null = null;
  #lastByteMs: number;

  constructor({ wire, clock, pauseMs, tap }: PortOptions) {
    super();
    this.#wire = wire;
    this.#clock = clock;
    this.pauseMs = pauseMs;
    this.#tap = tap;
    this.#lastByteMs = clock.monotonicMs();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** A pause is kept before each request. */
  get isPaced(): boolean {
    return this.pauseMs > 0;
  }

  /** Time that the last request and its answer take on the wire, where it matters. */
  get wireMs(): number {
    return 0;
  }

  /** The same of any read, with its answer. */
  wireMsOf(_request: Read): number {
    return 0;
  }

  /** Whole answers that came since the last request while nobody waited for one. */
  strayFrameCount(): number {
    return 0;
  }

  open(callback: (error?: Error | null) => void): void {
    callback();
    this.#wire.listen(
      (bytes) => this.#onBytes(bytes),
      (why, cause) => this.#lose(new Unreachable(why, cause && { cause })),
      (request) => this.emit("unanswered", request),
    );
  }

  /** When the last byte was sent or seen, monotonic. */
  get lastByteMs(): number {
    return this.#lastByteMs;
  }

  /** Takes a read; its answer, unit id and PDU, is `onAnswer`'s, not the library's. */
  request(read: Read, nowMs: number, onAnswer: OnAnswer): void {
    const frame = this.readFrame(read);
    this.#onAnswer = onAnswer;
    this.#asked = frame;
    this.#lastByteMs = nowMs;
    this.#wire.write(frame);
    if (this.#wire.hasLeft?.()) this.spare(frame);
  }

  /** The answer is not for the library: nobody looks at its CRC again. */
  protected get isDirect(): boolean {
    return this.#onAnswer !== null;
  }

  /** Takes a request as an RTU frame. */
  write(asked: Buffer): void {
    this.#onAnswer = null;
    this.#asked = asked;
    this.#lastByteMs = this.#clock.monotonicMs();
    this.#wire.write(this.frame(asked));
  }

  /** The answer to the last request is not waited for any more. */
  forget(): void {
    // A late answer must not pass for that to another channel's request either.
    if (this.#asked) this.#wire.unanswered?.(this.#asked);
    this.#asked = null;
    this.#onAnswer = null;
  }

  close(callback?: () => void): void {
    this.#isOpen = false;
    this.forget();
    this.#wire.destroy();
    callback?.();
  }

  /** Other channels may use the line. */
  get isShared(): boolean {
    return this.#wire.takeTurn !== undefined;
  }

  /** Resolves with what ends the turn, where other channels may use the line; null elsewhere. */
  takeTurn(): Promise<() => void> | null {
    return this.#wire.takeTurn?.() ?? null;
  }

  /** Resolves once the line was quiet for its pause; a babbling one is waited for no longer. */
  async quiet(patienceMs: number, signal: AbortSignal, moreMs = 0): Promise<void> {
    const clock = this.#clock;
    const pauseMs = this.pauseMs + moreMs;
    const endMs = clock.monotonicMs() + Math.max(patienceMs, pauseMs);
    while (this.#isOpen) {
      const nowMs = clock.monotonicMs();
      const leftMs = Math.min(this.#lastByteMs + pauseMs, endMs) - nowMs;
      if (leftMs <= 0) return;
      await clock.sleep(pauseMs < FINE_PAUSE_MS && leftMs > 1 ? 1 : leftMs, signal);
    }
  }

  /** What the silence after the last request was in truth, by what came instead of an answer. */
  abstract get silence(): Extract<ExchangeOutcome, "timeout" | "checksum" | "foreign">;

  /** To be called for what answers nothing. */
  protected tellStray(): void {
    this.#tap?.stray();
  }

  /** The request as it goes over the wire. */
  protected abstract frame(asked: Buffer): Buffer;

  /** A read as it goes over the wire. */
  protected abstract readFrame(read: Read): Buffer;

  /** A frame of a read has left, and may be filled anew. */
  protected spare(_frame: Buffer): void {}

  /**
   * Gives the answer to `asked` once it is whole: as an RTU frame for the library, else without
   * its CRC, and after `answerAt`. Throws `Unreachable`.
   */
  protected abstract take(bytes: Buffer, asked: Buffer | null): Buffer | null;

  #onBytes(bytes: Buffer): void {
    this.#lastByteMs = this.#clock.monotonicMs();
    try {
      const answer = this.take(bytes, this.#asked);
      if (answer === null) return;
      this.#asked = null;
      const onAnswer = this.#onAnswer;
      this.#onAnswer = null;
      if (onAnswer) onAnswer(answer, this.answerAt);
      else this.emit("data", answer);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      this.#lose(error);
    }
  }

  #lose(why: Unreachable): void {
    if (!this.#isOpen) return;
    this.close();
    this.emit("close", why);
  }
}
