import { type Clock, Unreachable } from "@headgate/model";
import { judgeReply, type Reply, type Request } from "./pdu.ts";

/** The bytes' way: a socket or a serial port, already open. */
export interface Wire {
  write(bytes: Buffer): void;
  /** Registers the one reader; called once, before the first write. */
  listen(onBytes: (bytes: Buffer) => void, onLost: (why: string, cause?: Error) => void): void;
  /** Ends the wire at once. Safe to call twice. */
  destroy(): void;
}

/** How a request stands on the wire, and how its answer is found among the bytes that come. */
export interface Framing {
  frame(request: Request): Buffer;
  /**
   * Takes bytes in; gives the PDU that answers `request` once it is whole. Without a request the
   * bytes are late or noise. Throws `Unreachable` if the stream can no longer be trusted.
   */
  take(bytes: Buffer, request: Request | null): Buffer | null;
  /** Late answers are told apart by an id; without one the next request must look different. */
  readonly hasIds: boolean;
  /** The framing must see a read first, to know whether an adapter echoes what it sends. */
  readonly needsReadBeforeWrite: boolean;
}

export interface LineOptions {
  readonly wire: Wire;
  readonly framing: Framing;
  readonly clock: Clock;
  /** Silence kept before each request, since the last byte seen. */
  readonly pauseMs: number;
  /** Time of one byte on the wire, added to timeouts; 0 where it does not matter. */
  readonly byteMs: number;
}

interface Pending {
  readonly request: Request;
  readonly deadlineMs: number;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (why: Unreachable) => void;
}

const SILENCE: Reply = { kind: "silence" };

/** One physical line: one request at a time, every exchange settles, a lost line stays lost. */
export class Line {
  readonly #options: LineOptions;
  readonly #ending = new AbortController();
  readonly #waiting: (() => void)[] = [];
  #isBusy = false;
  #pending: Pending | null = null;
  #lost: Unreachable | null = null;
  #lastByteMs: number;
  #nap: AbortController | null = null;
  #wakeAtMs = 0;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#lastByteMs = options.clock.monotonicMs();
    options.wire.listen(
      (bytes) => this.#onBytes(bytes),
      (why, cause) => this.lose(new Unreachable(why, cause && { cause })),
    );
  }

  get framing(): Framing {
    return this.#options.framing;
  }

  /** Rejects with `Unreachable` only: then the line is lost. Requests go out in order of call. */
  async exchange(request: Request, timeoutMs: number): Promise<Reply> {
    if (this.#isBusy) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#isBusy = true;
    try {
      if (this.#options.pauseMs > 0) await this.#quiet();
      if (this.#lost) throw this.#lost;
      return await this.#send(request, timeoutMs);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#isBusy = false;
    }
  }

  /** Ends the line for the given reason; whoever waits is told. */
  lose(why: Unreachable): void {
    if (this.#lost) return;
    this.#lost = why;
    this.#ending.abort();
    this.#nap?.abort();
    this.#options.wire.destroy();
    const pending = this.#pending;
    this.#pending = null;
    pending?.reject(why);
  }

  /** Ends the line when `signal` aborts, so that nobody waits for a timeout at the end. */
  endWith(signal: AbortSignal): void {
    const stop = () => this.lose(new Unreachable("the gateway stops"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { signal: this.#ending.signal });
  }

  #send(request: Request, timeoutMs: number): Promise<Reply> {
    const { wire, framing, clock, byteMs } = this.#options;
    const frame = framing.frame(request);
    const wireMs = byteMs * (frame.length + request.replyLength);
    const nowMs = clock.monotonicMs();
    return new Promise((resolve, reject) => {
      const deadlineMs = nowMs + timeoutMs + wireMs;
      this.#pending = { request, deadlineMs, resolve, reject };
      this.#lastByteMs = nowMs;
      wire.write(frame);
      this.#watch(deadlineMs);
    });
  }

  #onBytes(bytes: Buffer): void {
    const { framing, clock, pauseMs } = this.#options;
    if (pauseMs > 0) this.#lastByteMs = clock.monotonicMs();
    const pending = this.#pending;
    try {
      const pdu = framing.take(bytes, pending?.request ?? null);
      if (pdu && pending) this.#settle(pending, judgeReply(pending.request, pdu));
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      this.lose(error);
    }
  }

  #settle(pending: Pending, reply: Reply): void {
    this.#pending = null;
    pending.resolve(reply);
  }

  /** One sleeper serves many requests: a timer for each would cost more than the request. */
  #watch(deadlineMs: number): void {
    if (this.#nap === null) void this.#watchPending();
    else if (deadlineMs < this.#wakeAtMs) this.#nap.abort();
  }

  async #watchPending(): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      const pending = this.#pending;
      if (pending === null) break;
      const leftMs = pending.deadlineMs - clock.monotonicMs();
      if (leftMs <= 0) {
        this.#settle(pending, SILENCE);
        continue;
      }
      this.#wakeAtMs = pending.deadlineMs;
      this.#nap = new AbortController();
      await clock.sleep(leftMs, this.#nap.signal);
    }
    this.#nap = null;
  }

  async #quiet(): Promise<void> {
    const { clock, pauseMs } = this.#options;
    for (;;) {
      const leftMs = this.#lastByteMs + pauseMs - clock.monotonicMs();
      if (leftMs <= 0 || this.#lost) return;
      await clock.sleep(leftMs, this.#ending.signal);
    }
  }
}
