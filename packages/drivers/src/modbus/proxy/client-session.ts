import type { Socket } from "node:net";
import type { Clock } from "@headgate/model";
import { answerFrame, type ClientFrame, takeFrame } from "./client-frames.ts";

/** Requests that a client may have sent ahead, as bytes; what comes beyond waits in its socket. */
const AHEAD_BYTES_MAX = 4096;
/** A dead peer's machine says nothing: after so long the system asks it. */
const KEEP_ALIVE_MS = 30_000;

const EMPTY = Buffer.alloc(0);

export interface SessionOptions {
  readonly socket: Socket;
  readonly clock: Clock;
  readonly idleMs: number;
  /** Gives the PDU that answers a frame. */
  readonly answer: (frame: ClientFrame) => Promise<Buffer>;
}

/** Why a client was let go. */
export type SessionEnd = "gone" | "idle" | "garbage" | "replaced" | "stopped";

/**
 * One client: its requests are answered one at a time, in order. One that sends faster than it is
 * answered, or does not read its answers, makes only itself wait.
 */
export class ClientSession {
  /** When it last asked something whole, or was answered. */
  lastMs: number;
  readonly #options: SessionOptions;
  readonly #ending = new AbortController();
  #rest: Buffer = EMPTY;
  #isWorking = false;
  #end: SessionEnd | null = null;
  #bug: { readonly error: unknown } | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.lastMs = options.clock.monotonicMs();
  }

  get isOpen(): boolean {
    return this.#end === null;
  }

  /** Resolves once it is over, with the reason; rejects if `answer` did. */
  async run(): Promise<SessionEnd> {
    const { socket } = this.#options;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    // Its cause does not matter: a client that resets is a client that goes.
    socket.on("error", () => this.end("gone"));
    socket.on("end", () => this.end("gone"));
    socket.on("data", (bytes) => this.#take(bytes));
    void this.#watchIdle();
    await closed;
    this.end("gone");
    if (this.#bug) throw this.#bug.error;
    return this.#end ?? "gone";
  }

  end(reason: SessionEnd): void {
    if (this.#end !== null) return;
    this.#end = reason;
    this.#ending.abort();
    this.#rest = EMPTY;
    this.#options.socket.destroy();
  }

  #take(bytes: Buffer): void {
    if (!this.isOpen) return;
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    if (this.#rest.length > AHEAD_BYTES_MAX) this.#options.socket.pause();
    if (this.#isWorking) return;
    this.#work().catch((error: unknown) => {
      this.#bug = { error };
      this.end("gone");
    });
  }

  async #work(): Promise<void> {
    const { socket, clock, answer } = this.#options;
    this.#isWorking = true;
    while (this.isOpen) {
      const taken = takeFrame(this.#rest);
      if (taken === "garbage") this.end("garbage");
      if (taken === null || taken === "garbage") break;
      this.#rest = taken.rest;
      if (this.#rest.length <= AHEAD_BYTES_MAX) socket.resume();
      this.lastMs = clock.monotonicMs();
      const pdu = await answer(taken.frame);
      if (!this.isOpen) break;
      this.lastMs = clock.monotonicMs();
      if (!socket.write(answerFrame(taken.frame, pdu))) await this.#drained();
    }
    this.#isWorking = false;
  }

  /** Resolves once it has read what it was sent; the idle watch ends one that never does. */
  #drained(): Promise<void> {
    const { socket } = this.#options;
    const { signal } = this.#ending;
    return new Promise((resolve) => {
      // Nothing is left behind: a client that reads slowly may stay for months.
      const done = () => {
        socket.off("drain", done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      socket.on("drain", done);
      signal.addEventListener("abort", done);
    });
  }

  async #watchIdle(): Promise<void> {
    const { clock, idleMs } = this.#options;
    while (this.isOpen) {
      const leftMs = this.lastMs + idleMs - clock.monotonicMs();
      if (leftMs <= 0) this.end("idle");
      else await clock.sleep(leftMs, this.#ending.signal);
    }
  }
}
