import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { describeError, type LineNotice, type Log, Unreachable } from "@headgate/model";
import type { OpcuaPoint } from "../resolve-nodes.ts";
import { faultOf } from "./faults.ts";
import type { Calls, Order, PointList, Word } from "./messages.ts";
import type { PackedSamples } from "./pack-samples.ts";

/** Points of a list that is sent each time. */
const shortMax = 32;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  readonly onSamples?: ((samples: PackedSamples) => void) | undefined;
}

/** What a call is made with. */
export interface CallOptions {
  readonly channel: number;
  readonly signal?: AbortSignal;
  readonly onSamples?: (samples: PackedSamples) => void;
}

/** The one thread of this process, while it lives. */
export class OpcuaThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #lists = new WeakMap<readonly OpcuaPoint[], number>();
  /** Each change of a configuration makes lists anew: the thread keeps none of the old ones. */
  readonly #unlisted = new FinalizationRegistry((list: number) =>
    this.#post({ kind: "unlist", list }),
  );
  readonly #logs = new Map<number, Log>();
  readonly #notices = new Map<number, readonly LineNotice[]>();
  #lastNo = 0;
  #ended: Unreachable | null = null;

  constructor() {
    // From source the file is TypeScript, built it is JavaScript beside the bundle.
    const extension = extname(import.meta.url);
    const isSource = extension === ".ts";
    const name = isSource ? "./opcua-thread.ts" : `./opcua-thread${extension}`;
    this.#worker = new Worker(new URL(name, import.meta.url), {
      execArgv: isSource ? ["--conditions=headgate-source"] : [],
      name: "headgate-opcua",
    });
    this.#worker.on("message", (word: Word) => this.#hear(word));
    this.#worker.on("error", (cause) => this.#end(cause));
    this.#worker.on("exit", (code) => this.#end(new Error(`exit code ${code}`)));
    this.#worker.unref();
  }

  /** False once it has ended: then another one is to be started. */
  get isAlive(): boolean {
    return this.#ended === null;
  }

  /** A number for a new connection, whose log it is lent. */
  addChannel(log: Log): number {
    const channel = ++this.#lastNo;
    this.#logs.set(channel, log);
    // While there are connections the process lives for them.
    this.#worker.ref();
    return channel;
  }

  removeChannel(channel: number): void {
    this.#logs.delete(channel);
    this.#notices.delete(channel);
    if (this.#logs.size === 0) this.#worker.unref();
  }

  noticesOf(channel: number): readonly LineNotice[] {
    return this.#notices.get(channel) ?? [];
  }

  /**
   * The number of a list of points; the thread is told of it at the first time and keeps it. Short
   * ones are made anew again and again, for a single read: those are not kept.
   */
  listOf(points: readonly OpcuaPoint[]): PointList {
    if (points.length <= shortMax) return points;
    const known = this.#lists.get(points);
    if (known !== undefined) return known;
    const list = ++this.#lastNo;
    this.#lists.set(points, list);
    this.#unlisted.register(points, list);
    this.#post({ kind: "list", list, points });
    return list;
  }

  async call<Name extends keyof Calls>(
    name: Name,
    args: Parameters<Calls[Name]>,
    options: CallOptions,
  ): Promise<ReturnType<Calls[Name]>> {
    const id = ++this.#lastNo;
    const { channel, onSamples, signal } = options;
    const answer = this.#wait(id, onSamples);
    this.#post({ kind: "call", id, channel, name, args });
    return (await this.#unlessStopped(id, answer, signal)) as ReturnType<Calls[Name]>;
  }

  /** Pages of what a call begins, each asked for when it is wanted. */
  async *stream<Name extends keyof Calls>(
    name: Name,
    args: Parameters<Calls[Name]>,
    { channel, signal }: CallOptions,
  ): AsyncGenerator<unknown> {
    if (signal?.aborted) return;
    const id = ++this.#lastNo;
    let isOver = false;
    const stop = () => this.#post({ kind: "stop", id });
    signal?.addEventListener("abort", stop, { once: true });
    try {
      const begun = this.#wait(id);
      this.#post({ kind: "call", id, channel, name, args });
      await begun;
      for (;;) {
        const page = this.#wait(id);
        this.#post({ kind: "next", id });
        const value = await page;
        isOver = value === undefined;
        if (isOver) return;
        yield value;
      }
    } finally {
      signal?.removeEventListener("abort", stop);
      if (!isOver) stop();
    }
  }

  #wait(id: number, onSamples?: Waiting["onSamples"]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended) reject(this.#ended);
      else this.#waiting.set(id, { resolve, reject, onSamples });
    });
  }

  async #unlessStopped(id: number, answer: Promise<unknown>, signal: AbortSignal | undefined) {
    const stop = () => this.#post({ kind: "stop", id });
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      return await answer;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  #post(order: Order): void {
    if (!this.#ended) this.#worker.postMessage(order);
  }

  #hear(word: Word): void {
    if (word.kind === "log") {
      this.#logs.get(word.channel)?.[word.level](word.message, word.fields);
      return;
    }
    if (word.kind === "notices") {
      if (this.#logs.has(word.channel)) this.#notices.set(word.channel, word.notices);
      return;
    }
    const waiting = this.#waiting.get(word.id);
    if (word.kind === "samples") {
      waiting?.onSamples?.(word.samples);
      return;
    }
    this.#waiting.delete(word.id);
    if (word.kind === "fault") waiting?.reject(faultOf(word.fault));
    else waiting?.resolve(word.value);
  }

  #end(cause: unknown): void {
    if (this.#ended) return;
    this.#ended = new Unreachable(`the OPC UA thread ended: ${describeError(cause)}`);
    for (const log of this.#logs.values()) log.error("the OPC UA thread ended", { error: cause });
    for (const waiting of this.#waiting.values()) waiting.reject(this.#ended);
    this.#waiting.clear();
  }
}

let running: OpcuaThread | null = null;

/** The thread, started when it is wanted, and anew after it has ended. */
export function opcuaThread(): OpcuaThread {
  if (!running?.isAlive) running = new OpcuaThread();
  return running;
}
