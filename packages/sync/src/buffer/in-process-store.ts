import type { OpenedStore } from "./open-store.ts";
import { codeOf } from "./sqlite.ts";
import { createStoreCalls } from "./store-calls.ts";
import { StoreFault } from "./store-fault.ts";
import type { OpenStore, StoreCaller, StoreCalls } from "./store-messages.ts";

/** The database in this thread: for a simulation, which brings its own delays and faults. */
export class InProcessStore implements StoreCaller {
  readonly #calls: StoreCalls;

  /** `open` is `openStore`, or `openMemoryStore` with a database that outlives this. */
  constructor(open: (request: OpenStore) => OpenedStore) {
    this.#calls = createStoreCalls(open);
  }

  async call<Name extends keyof StoreCalls>(
    name: Name,
    request: Parameters<StoreCalls[Name]>[0],
  ): Promise<ReturnType<StoreCalls[Name]>> {
    const answer = this.#calls[name] as (asked: typeof request) => ReturnType<StoreCalls[Name]>;
    try {
      return answer(request);
    } catch (error) {
      const code = codeOf(error);
      throw code === "" ? error : new StoreFault(String(error), code);
    }
  }

  /** Lets go of the database without closing it, as a crash does. */
  async end(): Promise<void> {}
}
