import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { type Clock, describeError, Refused } from "@headgate/model";
import type { TextWork } from "../configuration/text-work.ts";
import { growHeap, leanHeap } from "../lean-heap.ts";
import { faultOf, type Order, type Word } from "./messages.ts";

/** A draft, its check and its application follow each other: then it need not begin anew. */
const IDLE_MS_MAX = 3_000;
/** Enough for the largest text that may be sent; with less to grow into, heaps grow by less. */
const HEAP = { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 24 };
/** Ten thousand points take seconds, on a busy machine some more. */
const WORK_MS_MAX = 180_000;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** The thread that reads large configurations: begun where it is wanted, gone soon after. */
export class TextThread {
  readonly #clock: Clock;
  #life: Life | null = null;
  #idle = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Null while there is none. */
  get worker(): Worker | null {
    return this.#life?.worker ?? null;
  }

  /** A `Refused` where the thread ended over it; the next call begins another one. */
  async call(name: keyof TextWork, wish: unknown): Promise<unknown> {
    this.#idle.abort();
    if (!this.#life?.isAlive) this.#life = begin();
    const life = this.#life;
    const done = new AbortController();
    void this.#clock.sleep(WORK_MS_MAX, done.signal).then(() => {
      if (!done.signal.aborted) life.cutOff(`it took more than ${WORK_MS_MAX / 1000} s`);
    });
    try {
      return await life.call(name, wish);
    } finally {
      done.abort();
      this.#rest(life);
    }
  }

  #rest(life: Life): void {
    if (life.isBusy) return;
    this.#idle.abort();
    const idle = new AbortController();
    this.#idle = idle;
    void this.#clock.sleep(IDLE_MS_MAX, idle.signal).then(() => {
      if (idle.signal.aborted) return;
      life.leave();
      if (this.#life === life) this.#life = null;
    });
  }
}

function begin(): Life {
  try {
    return new Life();
  } catch (cause) {
    throw new Refused("the thread that reads configurations does not begin", { cause });
  }
}

/** One thread from its beginning to its end. */
class Life {
  readonly worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: Refused | null = null;

  constructor() {
    // From source the file is TypeScript, built it is JavaScript beside the bundle.
    const extension = extname(import.meta.url);
    this.worker = new Worker(new URL(`./config-thread${extension}`, import.meta.url), {
      execArgv: extension === ".ts" ? ["--conditions=headgate-source"] : [],
      name: "headgate-config",
      resourceLimits: HEAP,
    });
    growHeap();
    this.worker.on("message", (word: Word) => this.#hear(word));
    this.worker.on("error", (cause) => this.#end(describeError(cause)));
    this.worker.on("exit", (code) => {
      leanHeap();
      this.#end(`exit code ${code}`);
    });
  }

  get isAlive(): boolean {
    return this.#ended === null;
  }

  get isBusy(): boolean {
    return this.#waiting.size > 0;
  }

  call(name: keyof TextWork, wish: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve, reject });
      this.worker.ref();
      this.#post({ id, name, wish });
    });
  }

  leave(): void {
    this.#ended ??= new Refused("it has left");
    this.#post(null);
  }

  cutOff(why: string): void {
    this.#end(why);
    void this.worker.terminate();
  }

  #post(order: Order): void {
    this.worker.postMessage(order);
  }

  #hear(word: Word): void {
    const waiting = this.#waiting.get(word.id);
    this.#waiting.delete(word.id);
    // Idle it keeps no process alive.
    if (!this.isBusy) this.worker.unref();
    if ("fault" in word) waiting?.reject(faultOf(word.fault));
    else waiting?.resolve(word.value);
  }

  #end(why: string): void {
    const todo = "nothing was changed; try it again";
    this.#ended ??= new Refused(`the thread that reads configurations ended: ${why}; ${todo}`);
    for (const waiting of this.#waiting.values()) waiting.reject(this.#ended);
    this.#waiting.clear();
  }
}
