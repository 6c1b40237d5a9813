import type { Clock, Context } from "@headgate/model";
import { settlesWithin } from "./settles-within.ts";

/** A part of the gateway with a life of its own: a channel, an uplink. */
export interface Part {
  readonly config: { readonly id: string };
  /** Resolves when the signal aborts; rejects by a bug only. */
  run(context: Context): Promise<void>;
}

interface Entry<P> {
  readonly part: P;
  readonly ending: AbortController;
  readonly task: Promise<void>;
}

/** The parts of one kind while the gateway runs; each may come and go by itself. */
export class PartSet<P extends Part> {
  /** Rejects if one of them does. */
  readonly failed: Promise<never>;
  readonly #contextOf: (signal: AbortSignal, id: string) => Context;
  readonly #fail: (reason: unknown) => void;
  #entries: readonly Entry<P>[] = [];

  /** `signal` of the context that is given for each ends it with all others. */
  constructor(contextOf: (signal: AbortSignal, id: string) => Context) {
    this.#contextOf = contextOf;
    const { promise, reject } = Promise.withResolvers<never>();
    this.failed = promise;
    this.#fail = reject;
    // Whoever runs the gateway hears it; until then it is nobody's.
    promise.catch(() => {});
  }

  get parts(): readonly P[] {
    return this.#entries.map(({ part }) => part);
  }

  start(part: P): void {
    const ending = new AbortController();
    const task = part.run(this.#contextOf(ending.signal, part.config.id));
    task.catch(this.#fail);
    this.#entries = [...this.#entries, { part, ending, task }];
  }

  /** False if it had not ended in time: it is left behind. */
  async stop(id: string, msMax: number, clock: Clock): Promise<boolean> {
    const found = this.#entries.find(({ part }) => part.config.id === id);
    if (!found) return true;
    this.#entries = this.#entries.filter((entry) => entry !== found);
    found.ending.abort();
    return await settlesWithin(found.task, msMax, clock);
  }

  /** As the configuration names them. */
  order(ids: readonly string[]): void {
    const placeOf = ({ part }: Entry<P>) => ids.indexOf(part.config.id);
    this.#entries = this.#entries.toSorted((one, other) => placeOf(one) - placeOf(other));
  }

  /** Those that have not ended after so long. */
  async unended(msMax: number, clock: Clock): Promise<readonly string[]> {
    const busyIds = new Set(this.#entries.map(({ part }) => part.config.id));
    const tasks = this.#entries.map(async ({ part, task }) => {
      await task;
      busyIds.delete(part.config.id);
    });
    await settlesWithin(Promise.all(tasks), msMax, clock);
    return [...busyIds];
  }
}
