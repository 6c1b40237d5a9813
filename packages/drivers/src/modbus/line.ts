import { type Clock, type ExchangeOutcome, type LineTap, Unreachable } from "@headgate/model";
import { BusyMeter } from "./busy-meter.ts";
import { type Client, send } from "./client.ts";
import type { Port } from "./port.ts";
import {
  exceptionName,
  judgeReadAnswer,
  judgeReply,
  kept,
  NOISE,
  type Reply,
  SILENCE,
} from "./reply.ts";
import { isRead, type Read, type Request } from "./request.ts";
import { AT_ONCE_RANK_MS, TurnQueue } from "./turn-queue.ts";

export interface LineOptions {
  readonly port: Port;
  /** Made for this port, not yet opened. */
  readonly client: Client;
  readonly clock: Clock;
  readonly tap?: LineTap | undefined;
  /** 0 to 1: what guests get of the line's time while scans want it too. */
  readonly guestShare?: number | undefined;
}

export interface AskOptions {
  readonly timeoutMs: number;
  /** Silence that the unit needs, on top of the line's own. */
  readonly quietMs?: number;
}

export interface AtOnceOptions<Rank = number> {
  readonly rankMs: Rank;
  readonly timeoutMs: number;
}

interface Sending extends AtOnceOptions<number | null> {
  readonly asker: Asker;
}

/** Who waits for a reply. */
export interface Asker {
  /** The bytes of an answer are good until it returns. `settledMs`, monotonic: when it came. */
  replied(reply: Reply, settledMs: number): void;
  /** With the line. */
  lost(why: Error): void;
}

interface Pending {
  readonly request: Request;
  readonly sentMs: number;
  /** Silence that the line had before. */
  readonly idleMs: number;
  deadlineMs: number;
  /** Of a turn that ends with it; null in a turn that somebody else ends. */
  readonly rankMs: number | null;
  readonly asker: Asker;
}

/**
 * One physical line: one request at a time, every exchange settles, a lost line stays lost. The
 * library would wait for ever without its own timer, and does not reject what waits at a close.
 */
export class Line {
  readonly port: Port;
  readonly busy: BusyMeter;
  /** Silence that the line had before the last request that had no answer. */
  idleMs = Number.NaN;
  /** When that was sent. */
  sentMs = Number.NaN;
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #tap: LineTap | undefined;
  readonly #ending = new AbortController();
  readonly #queue: TurnQueue;
  #scanCount = 0;
  #isBusy = false;
  #pending: Pending | null = null;
  #lost: Unreachable | null = null;
  #nap: AbortController | null = null;
  #wakeAtMs = Number.NaN;

  constructor({ port, client, clock, tap, guestShare }: LineOptions) {
    this.port = port;
    this.#queue = new TurnQueue(guestShare);
    this.busy = new BusyMeter(clock.monotonicMs());
    this.#client = client;
    this.#clock = clock;
    this.#tap = tap;
    port.on("close", (why: Unreachable) => this.lose(why));
    // An error that nobody listens to would end the process.
    client.on("error", (cause) => this.lose(new Unreachable(cause.message, { cause })));
    client.open(() => {});
  }

  /** Aborts when the line is lost or closed. */
  get ended(): AbortSignal {
    return this.#ending.signal;
  }

  /** One request in a turn of its own, in order of call. */
  exchange(request: Request, timeoutMs: number, quietMs = 0): Promise<Reply> {
    return this.turn(AT_ONCE_RANK_MS, () => this.ask(request, { timeoutMs, quietMs }));
  }

  /** Waits until the line is free and `rankMs` is next, then has it alone until `use` settles. */
  async turn<T>(rankMs: number, use: () => Promise<T>): Promise<T> {
    const clock = this.#clock;
    if (this.#isBusy || this.#queue.mustWait(rankMs, this.#scanCount > 0)) {
      const sinceMs = clock.monotonicMs();
      await new Promise<void>((wake) => this.#queue.add({ rankMs, sinceMs, wake }));
    }
    this.#isBusy = true;
    const turn = this.port.takeTurn();
    const endTurn = turn && (await turn);
    const startMs = clock.monotonicMs();
    try {
      return await use();
    } finally {
      endTurn?.();
      this.#endTurn(rankMs, startMs, clock.monotonicMs());
    }
  }

  /** Whether a read of this rank can go at once: nobody has the line, no pause is kept. */
  isFreeFor(rankMs: number): boolean {
    if (this.#isBusy || this.#lost || this.port.isPaced || this.port.isShared) return false;
    return !this.#queue.mustWait(rankMs, this.#scanCount > 0);
  }

  /** A read in a turn of its own on a line that is free; the turn is over when it is told. */
  askAtOnce(read: Read, { rankMs, timeoutMs }: AtOnceOptions, asker: Asker): void {
    this.#isBusy = true;
    this.#send(read, { timeoutMs, rankMs, asker });
  }

  #endTurn(rankMs: number, startMs: number, nowMs: number): void {
    this.busy.note(startMs, nowMs);
    this.#queue.note(rankMs, nowMs - startMs);
    this.#passOn(nowMs);
  }

  /** A scan has begun: it asks one thing after the other, and guests do not count as alone. */
  beginScan(): void {
    this.#scanCount++;
  }

  endScan(): void {
    this.#scanCount--;
    if (!this.#isBusy && this.#queue.length > 0) this.#passOn(this.#clock.monotonicMs());
  }

  #passOn(nowMs: number): void {
    if (this.#queue.length === 0) {
      this.#isBusy = false;
      return;
    }
    const next = this.#queue.take(nowMs, this.#scanCount > 0);
    this.#isBusy = next !== undefined;
    next?.wake();
  }

  /** To be called in a turn. Rejects with `Unreachable` only: then the line is lost. */
  async ask(request: Request, { timeoutMs, quietMs = 0 }: AskOptions): Promise<Reply> {
    if (this.port.isPaced || quietMs > 0) {
      await this.port.quiet(timeoutMs, this.#ending.signal, quietMs);
    }
    if (this.#lost) throw this.#lost;
    return await new Promise((resolve, reject) => {
      const asker: Asker = { replied: (reply) => resolve(kept(reply)), lost: reject };
      this.#send(request, { timeoutMs, rankMs: null, asker });
    });
  }

  /** Lets bytes come for a while without asking for any; ends early with the line. */
  async rest(ms: number): Promise<void> {
    await this.#clock.sleep(ms, this.#ending.signal);
  }

  /** Ends the line for the given reason; whoever waits is told. */
  lose(why: Unreachable): void {
    if (this.#lost) return;
    this.#lost = why;
    this.#ending.abort(why);
    this.#nap?.abort();
    this.#client.close(() => {});
    const pending = this.#pending;
    this.#pending = null;
    if (!pending) return;
    if (pending.rankMs !== null) {
      this.#endTurn(pending.rankMs, pending.sentMs, this.#clock.monotonicMs());
    }
    pending.asker.lost(why);
  }

  /** Ends the line when `signal` aborts, so that nobody waits for a timeout at the end. */
  endWith(signal: AbortSignal): void {
    const stop = () => this.lose(new Unreachable("the gateway stops"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { signal: this.#ending.signal });
  }

  #send(request: Request, { timeoutMs, rankMs, asker }: Sending): void {
    const { port } = this;
    const sentMs = this.#clock.monotonicMs();
    this.sentMs = sentMs;
    const idleMs = sentMs - port.lastByteMs;
    const deadlineMs = sentMs + timeoutMs;
    const pending: Pending = { request, sentMs, idleMs, deadlineMs, rankMs, asker };
    this.#pending = pending;
    if (isRead(request)) port.request(request, sentMs, this.#onRead);
    else {
      send(this.#client, request, (error, answer) => {
        // An answer to a request that was given up is nobody's.
        if (pending !== this.#pending) return;
        this.#settle(judgeReply(request, error, answer), port.lastByteMs);
      });
    }
    pending.deadlineMs += port.wireMs;
    this.#watch(pending.deadlineMs);
  }

  /** The port tells nobody of the answer to a request that was given up. */
  readonly #onRead = (answer: Buffer, at: number): void => {
    const request = this.#pending?.request;
    if (!request || !isRead(request)) return;
    this.#settle(judgeReadAnswer(request, answer, at), this.port.lastByteMs);
  };

  #settle(reply: Reply, nowMs: number): void {
    const pending = this.#pending;
    this.#pending = null;
    if (!pending) return;
    const { rankMs, sentMs } = pending;
    if (reply.kind === "silence") this.idleMs = pending.idleMs;
    if (this.#tap) this.#tell(this.#tap, pending, { reply, durationMs: nowMs - sentMs });
    if (rankMs !== null) this.#endTurn(rankMs, sentMs, nowMs);
    pending.asker.replied(reply, nowMs);
  }

  #tell(
    tap: LineTap,
    { request }: Pending,
    { reply, durationMs }: { readonly reply: Reply; readonly durationMs: number },
  ): void {
    const exception = reply.kind === "exception" ? exceptionName(reply.code) : null;
    tap.settled({
      unit: request.unitId,
      outcome: outcomeOf(reply, this.port),
      exception,
      durationMs,
    });
  }

  /** This machine was busy: the answer may lie there, and nobody has looked. */
  async #hasComeMeanwhile(pending: Pending): Promise<boolean> {
    await this.#clock.sleep(GRACE_MS, this.#ending.signal);
    return pending !== this.#pending;
  }

  /** One sleeper serves many requests: a timer for each would cost more than the request. */
  #watch(deadlineMs: number): void {
    if (this.#nap === null) void this.#watchPending();
    else if (deadlineMs < this.#wakeAtMs) this.#nap.abort();
  }

  async #watchPending(): Promise<void> {
    for (;;) {
      const pending = this.#pending;
      if (pending === null) break;
      const leftMs = pending.deadlineMs - this.#clock.monotonicMs();
      if (leftMs <= 0) {
        if (leftMs < -LATE_MS && (await this.#hasComeMeanwhile(pending))) continue;
        this.port.forget();
        const reply = this.port.silence === "checksum" ? NOISE : SILENCE;
        this.#settle(reply, this.#clock.monotonicMs());
        continue;
      }
      this.#wakeAtMs = pending.deadlineMs;
      this.#nap = new AbortController();
      await this.#clock.sleep(leftMs, this.#nap.signal);
    }
    this.#nap = null;
  }
}

/** Timers are on time but for this: later, and this machine had no time for its sockets either. */
const LATE_MS = 2;
/** So long it has then for what has come already: a serial port's bytes take some turns. */
const GRACE_MS = 10;

function outcomeOf(reply: Reply, port: Port): ExchangeOutcome {
  if (reply.kind === "answer") return "ok";
  return reply.kind === "silence" ? port.silence : reply.kind;
}
