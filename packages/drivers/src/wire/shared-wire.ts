import { type Clock, describeError } from "@headgate/model";
import type { PhysicalWire, SerialSettings } from "./physical-wire.ts";
import type { Wire } from "./wire.ts";

/** A line that is never silent is waited for so long, then used all the same. */
const QUIET_WAIT_MS_MAX = 1_000;

/** How one channel uses the wire. */
export interface WireUse {
  /** Of a serial port; null on a socket. */
  readonly settings: SerialSettings | null;
  /** Silence after what others sent or heard. */
  readonly quietMs: number;
}

interface User {
  readonly use: WireUse;
  onBytes: (bytes: Buffer) => void;
  onLost: (why: string, cause?: Error) => void;
  onUnanswered: (request: Buffer) => void;
}

export interface SharedWireOptions {
  readonly physical: PhysicalWire;
  readonly clock: Clock;
  /** Called once, when nobody uses it any more or it is lost. */
  readonly onEnd: (closed: Promise<void>) => void;
}

/**
 * One wire for the channels that name it: electricity meters and Modbus devices on the same two
 * cores. Each takes its turn for one exchange, with its own line settings. Bytes that come while
 * nobody asked are late or noise: they count as traffic and are nobody's answer.
 */
export class SharedWire {
  readonly #options: SharedWireOptions;
  readonly #users = new Set<User>();
  readonly #waiting: (() => void)[] = [];
  #holder: User | null = null;
  #lastHolder: User | null = null;
  #lastTrafficMs: number;
  #isAnswered = true;
  #isEnded = false;

  constructor(options: SharedWireOptions) {
    this.#options = options;
    this.#lastTrafficMs = options.clock.monotonicMs();
    options.physical.listen(
      (bytes) => this.#hear(bytes),
      (why, cause) => this.#end(why, cause),
    );
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The wire as one channel sees it. */
  attach(use: WireUse): Wire {
    const nobody = () => {};
    const user: User = { use, onBytes: nobody, onLost: nobody, onUnanswered: nobody };
    this.#users.add(user);
    return {
      write: (bytes) => {
        if (this.#isEnded || !this.#users.has(user)) return;
        this.#isAnswered = false;
        this.#lastTrafficMs = this.#options.clock.monotonicMs();
        this.#options.physical.write(bytes);
      },
      listen: (onBytes, onLost, onUnanswered = nobody) => {
        user.onBytes = onBytes;
        user.onLost = onLost;
        user.onUnanswered = onUnanswered;
        if (this.#isEnded) onLost("the line was lost before it was used");
      },
      takeTurn: () => this.#takeTurn(user),
      unanswered: (request) => {
        for (const other of this.#users) if (other !== user) other.onUnanswered(request);
      },
      destroy: () => this.#detach(user),
    };
  }

  async #takeTurn(user: User): Promise<() => void> {
    if (this.#holder !== null) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#holder = user;
    await this.#prepare(user);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#holder = null;
      this.#lastHolder = user;
      // Whoever is woken has the turn before anyone who asks now.
      const next = this.#waiting.shift();
      if (next) {
        this.#holder = user;
        next();
      }
    };
  }

  async #prepare(user: User): Promise<void> {
    if (this.#isEnded || this.#lastHolder === user) return;
    const { settings, quietMs } = user.use;
    try {
      if (settings !== null) await this.#options.physical.apply?.(settings);
    } catch (error) {
      const cause = error instanceof Error ? error : undefined;
      this.#end(`the line could not be set to ${settings?.baudRate} baud`, cause);
      return;
    }
    await this.#quiet(quietMs);
  }

  async #quiet(quietMs: number): Promise<void> {
    const { clock } = this.#options;
    const endMs = clock.monotonicMs() + QUIET_WAIT_MS_MAX;
    while (!this.#isEnded) {
      const nowMs = clock.monotonicMs();
      const leftMs = Math.min(this.#lastTrafficMs + quietMs, endMs) - nowMs;
      if (leftMs <= 0) return;
      await clock.sleep(leftMs, new AbortController().signal);
    }
  }

  #hear(bytes: Buffer): void {
    this.#lastTrafficMs = this.#options.clock.monotonicMs();
    this.#isAnswered = true;
    if (this.#holder) this.#holder.onBytes(bytes);
    else for (const user of this.#users) user.onBytes(bytes);
  }

  /** A socket through which the last request had no answer is not left to the others either. */
  #detach(user: User): void {
    if (!this.#users.delete(user)) return;
    const isSocket = user.use.settings === null;
    if (this.#users.size === 0) this.#end("the line was closed");
    else if (isSocket && !this.#isAnswered) this.#end("nobody answered another channel's request");
  }

  #end(why: string, cause?: Error): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const { physical, onEnd } = this.#options;
    onEnd(physical.close());
    const users = [...this.#users];
    this.#users.clear();
    for (const wake of this.#waiting.splice(0)) wake();
    for (const { onLost } of users) {
      onLost(
        cause && !why.includes(cause.message) ? `${why} (${describeError(cause)})` : why,
        cause,
      );
    }
  }
}
