import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { HistoryCalls } from "./history-messages.ts";

interface Answer {
  readonly id: number;
  readonly answer?: unknown;
  readonly fault?: string;
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** Calls into the thread that has the history's file; answers come in the order of the calls. */
export class HistoryLink {
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #hasEnded = false;

  /** `lend` gives a port to that thread; false if there is none just now. */
  constructor(lend: (port: MessagePort) => boolean) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on("message", (answer: Answer) => this.#settle(answer));
    port1.on("close", () => this.#end());
    port1.unref();
    if (!lend(port2)) this.close();
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  call<Name extends keyof HistoryCalls>(
    name: Name,
    request: Parameters<HistoryCalls[Name]>[0],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<ReturnType<HistoryCalls[Name]>> {
    return new Promise((resolve, reject) => {
      if (this.#hasEnded) {
        reject(new Error("the buffer's thread has ended"));
        return;
      }
      const id = this.#nextId++;
      const settle = (answer: unknown) => resolve(answer as ReturnType<HistoryCalls[Name]>);
      this.#waiting.set(id, { resolve: settle, reject });
      this.#port.postMessage({ id, name, request }, [...transfer]);
    });
  }

  close(): void {
    this.#port.close();
    this.#end();
  }

  #settle({ id, answer, fault }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (fault === undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(fault));
  }

  #end(): void {
    this.#hasEnded = true;
    for (const { reject } of this.#waiting.values()) {
      reject(new Error("the buffer's thread has ended"));
    }
    this.#waiting.clear();
  }
}
