import { extname } from "node:path";
import { type MessagePort, Worker } from "node:worker_threads";
import { describeError, Misconfigured } from "@headgate/model";
import { LEAVE } from "./serve-store.ts";
import { CUT_OFF, StoreFault } from "./store-fault.ts";
import type { StoreCaller, StoreCalls } from "./store-messages.ts";

interface Answer {
  readonly id: number;
  readonly answer?: unknown;
  readonly fault?: { readonly kind: string; readonly message: string; readonly code: string };
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** What the thread makes anew at each call is dead at the next: more would only be memory. */
const YOUNG_MIB_MAX = 6;

/** Calls into the thread that owns the database; answers come in the order of the calls. */
export class StoreWorker implements StoreCaller {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #exited: Promise<void>;
  #nextId = 1;
  #ended: StoreFault | null = null;

  /** `file` serves the store in its thread; a bench brings one with a slow disk. */
  constructor(file?: URL, workerData: unknown = null) {
    // From source the file is TypeScript, built it is JavaScript beside the bundle.
    const extension = extname(import.meta.url);
    const execArgv = extension === ".ts" ? ["--conditions=headgate-source"] : [];
    const own = new URL(`./buffer-worker${extension}`, import.meta.url);
    this.#worker = new Worker(file ?? own, {
      execArgv,
      workerData,
      name: "headgate-buffer",
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB_MAX },
    });
    this.#worker.on("message", (answer: Answer) => this.#settle(answer));
    this.#worker.on("error", (cause) => this.#end(cause));
    this.#exited = new Promise((resolve) => {
      this.#worker.on("exit", (code) => {
        this.#end(new Error(`exit code ${code}`));
        resolve();
      });
    });
  }

  call<Name extends keyof StoreCalls>(
    name: Name,
    request: Parameters<StoreCalls[Name]>[0],
  ): Promise<ReturnType<StoreCalls[Name]>> {
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(this.#ended);
        return;
      }
      const id = this.#nextId++;
      const settle = (answer: unknown) => resolve(answer as ReturnType<StoreCalls[Name]>);
      this.#waiting.set(id, { resolve: settle, reject });
      this.#worker.postMessage({ id, name, request });
    });
  }

  /** Lets another work in this thread, over a port; false if there is none any more. */
  lend(port: MessagePort): boolean {
    if (this.#ended) return false;
    this.#worker.postMessage({ port }, [port]);
    return true;
  }

  /**
   * Resolves once the thread is gone. Idle it leaves by itself, its native parts in order; only
   * one that still works is cut off.
   */
  async end(): Promise<void> {
    this.#ended ??= new StoreFault("the buffer's thread was ended", CUT_OFF);
    if (this.#waiting.size > 0) await this.#worker.terminate();
    else this.#worker.postMessage(LEAVE);
    await this.#exited;
  }

  #settle({ id, answer, fault }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (!fault) waiting?.resolve(answer);
    else if (fault.kind === "Misconfigured") waiting?.reject(new Misconfigured(fault.message));
    else waiting?.reject(new StoreFault(fault.message, fault.code));
  }

  #end(cause: unknown): void {
    this.#ended ??= new StoreFault(`the buffer's thread ended: ${describeError(cause)}`, "");
    for (const waiting of this.#waiting.values()) waiting.reject(this.#ended);
    this.#waiting.clear();
  }
}
