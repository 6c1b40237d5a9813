import { type Clock, type ExchangeOutcome, type LineTap, Unreachable } from "@headgate/model";
import { type Client, send } from "./client.ts";
import type { Port } from "./port.ts";
import { exceptionName, judgeReply, type Reply, SILENCE } from "./reply.ts";
import type { Request } from "./request.ts";

export interface LineOptions {
  readonly port: Port;
  /** Made for this port, not yet opened. */
  readonly client: Client;
  readonly clock: Clock;
  readonly tap?: LineTap | undefined;
}

interface Pending {
  readonly unitId: number;
  readonly sentMs: number;
  deadlineMs: number;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (why: Unreachable) => void;
}

/**
 * One physical line: one request at a time, every exchange settles, a lost line stays lost. The
 * library would wait for ever without its own timer, and does not reject what waits at a close.
 */
export class Line {
  readonly port: Port;
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #tap: LineTap | undefined;
  readonly #ending = new AbortController();
  readonly #waiting: (() => void)[] = [];
  #isBusy = false;
  #pending: Pending | null = null;
  #lost: Unreachable | null = null;
  #nap: AbortController | null = null;
  #wakeAtMs = 0;

  constructor({ port, client, clock, tap }: LineOptions) {
    this.port = port;
    this.#client = client;
    this.#clock = clock;
    this.#tap = tap;
    port.on("close", (why: Unreachable) => this.lose(why));
    // An error that nobody listens to would end the process.
    client.on("error", (cause) => this.lose(new Unreachable(cause.message, { cause })));
    client.open(() => {});
  }

  /** Rejects with `Unreachable` only: then the line is lost. Requests go out in order of call. */
  async exchange(request: Request, timeoutMs: number): Promise<Reply> {
    if (this.#isBusy) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#isBusy = true;
    const turn = this.port.takeTurn();
    const endTurn = turn && (await turn);
    try {
      if (this.port.isPaced) await this.port.quiet(timeoutMs, this.#ending.signal);
      if (this.#lost) throw this.#lost;
      return await this.#send(request, timeoutMs);
    } finally {
      endTurn?.();
      const next = this.#waiting.shift();
      if (next) next();
      else this.#isBusy = false;
    }
  }

  /** Lets bytes come for a while without asking for any; ends early with the line. */
  async rest(ms: number): Promise<void> {
    await this.#clock.sleep(ms, this.#ending.signal);
  }

  /** Ends the line for the given reason; whoever waits is told. */
  lose(why: Unreachable): void {
    if (this.#lost) return;
    this.#lost = why;
    this.#ending.abort();
    this.#nap?.abort();
    this.#client.close(() => {});
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
    return new Promise((resolve, reject) => {
      const sentMs = this.#clock.monotonicMs();
      const { unitId } = request;
      const pending = { unitId, sentMs, deadlineMs: sentMs + timeoutMs, resolve, reject };
      this.#pending = pending;
      send(this.#client, request, (error, answer) => {
        // An answer to a request that was given up is nobody's.
        if (pending === this.#pending) this.#settle(judgeReply(request, error, answer));
      });
      pending.deadlineMs += this.port.wireMs;
      this.#watch(pending.deadlineMs);
    });
  }

  #settle(reply: Reply): void {
    const pending = this.#pending;
    this.#pending = null;
    if (!pending) return;
    if (this.#tap) this.#tell(this.#tap, pending, reply);
    pending.resolve(reply);
  }

  #tell(tap: LineTap, { unitId, sentMs }: Pending, reply: Reply): void {
    const durationMs = this.#clock.monotonicMs() - sentMs;
    const exception = reply.kind === "exception" ? exceptionName(reply.code) : null;
    tap.settled({ unit: unitId, outcome: outcomeOf(reply, this.port), exception, durationMs });
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
        this.port.forget();
        this.#settle(SILENCE);
        continue;
      }
      this.#wakeAtMs = pending.deadlineMs;
      this.#nap = new AbortController();
      await this.#clock.sleep(leftMs, this.#nap.signal);
    }
    this.#nap = null;
  }
}

function outcomeOf(reply: Reply, port: Port): ExchangeOutcome {
  if (reply.kind === "answer") return "ok";
  return reply.kind === "silence" ? port.silence : reply.kind;
}
