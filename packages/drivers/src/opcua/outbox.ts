import { missing, type Sample } from "@headgate/model";
import type { ClientMonitoredItemBase } from "node-opcua-client";
import type { Placed } from "./resolve-nodes.ts";
import type { SubscribeOptions } from "./subscribe-options.ts";

/** Status of a node that the server does not know, and perhaps not yet. */
export const unknownNode = "BadNodeIdUnknown";

/** Gathers what one publish response brings, so that it is emitted together. */
export class Outbox {
  readonly #emit: (samples: Sample[]) => void;
  readonly #nowMs: () => number;
  #waiting: Sample[] = [];
  #isOpen = true;

  constructor({ emit, link }: SubscribeOptions) {
    this.#emit = emit;
    this.#nowMs = link.context.clock.nowMs;
  }

  add(sample: Sample): void {
    if (!this.#isOpen) return;
    this.#waiting.push(sample);
    if (this.#waiting.length === 1) queueMicrotask(() => this.#flush());
  }

  /** A bad sample for each item that the server did not create; gives back those unknown to it. */
  reportRefused(part: readonly Placed[], items: readonly ClientMonitoredItemBase[]): Placed[] {
    return part.filter(({ point }, index) => {
      const status = items[index]?.statusCode;
      if (status?.isGood()) return false;
      this.add(missing(point.id, this.#nowMs(), status?.name ?? "BadUnexpectedError"));
      return status?.name === unknownNode;
    });
  }

  close(): void {
    this.#flush();
    this.#isOpen = false;
  }

  #flush(): void {
    const samples = this.#waiting;
    this.#waiting = [];
    if (samples.length > 0) this.#emit(samples);
  }
}
