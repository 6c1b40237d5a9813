import { type Lane, type Log, Misconfigured, Refused } from "@headgate/model";
import type { ListToTell } from "./carrier.ts";
import type { Publisher } from "./publisher.ts";

/** Tells each point list once in a session; all blocks that refer to it wait for the server. */
export class ListTeller {
  readonly #publisher: Publisher;
  readonly #log: Log;
  readonly #told = new Map<string, Promise<void>>();

  constructor(publisher: Publisher, log: Log) {
    this.#publisher = publisher;
    this.#log = log;
  }

  tell(list: ListToTell, lane: Lane): Promise<void> {
    const told = this.#told.get(list.hash) ?? this.#publish(list, lane);
    this.#told.set(list.hash, told);
    return told;
  }

  async #publish({ hash, isNeeded, message }: ListToTell, lane: Lane): Promise<void> {
    try {
      await this.#publisher.publish(message(), lane);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const text = `point list ${hash} is refused`;
      // The blocks are not to blame, and of no use without it.
      const todo = "raise the server's limit, or spread the devices over gateways";
      if (isNeeded) throw new Misconfigured(`${text}: ${error.message}; ${todo}`);
      this.#log.error(text, { error });
    }
  }
}
