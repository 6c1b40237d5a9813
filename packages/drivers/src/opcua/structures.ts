import { type Clock, describeError, type Log } from "@headgate/model";
import { type ClientSession, type DataValue, promoteOpaqueStructure } from "node-opcua-client";
import { within } from "./within.ts";

const extensionObject = 22;
/** The types of a large server take their time; nobody waits for them for ever. */
const typesMs = 30_000;
/** Pause before the types of a server that did not tell them are asked for again. */
const againMs = 300_000;

export interface StructuresOptions {
  readonly session: ClientSession;
  readonly clock: Clock;
  readonly log: Log;
  /** The session ends. */
  readonly lost: AbortSignal;
  /** The library's own, where no other is given. */
  readonly promote?: typeof promoteOpaqueStructure;
}

/**
 * Looks into structures by the types that a server describes. What cannot be looked into stays as
 * it is: that is the affair of its own points, and no end of the session.
 */
export class Structures {
  readonly #options: StructuresOptions;
  #againAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: StructuresOptions) {
    this.#options = options;
  }

  /** Undefined where there is nothing to wait for. */
  lookInto(values: readonly DataValue[]): Promise<void> | undefined {
    const opaque = values.filter(({ value }) => value?.dataType === extensionObject);
    if (opaque.length === 0) return undefined;
    if (this.#options.clock.monotonicMs() < this.#againAtMs) return undefined;
    return this.#lookInto(opaque);
  }

  async #lookInto(opaque: DataValue[]): Promise<void> {
    const { session, clock, log, lost, promote = promoteOpaqueStructure } = this.#options;
    try {
      const limits = { clock, timeoutMs: typesMs, signals: [lost] };
      await within(promote(session, opaque), limits);
    } catch (error) {
      if (lost.aborted) return;
      this.#againAtMs = clock.monotonicMs() + againMs;
      const reason = describeError(error);
      log.warn("the server does not tell the types of its structures", { reason, againMs });
    }
  }
}
