import type { Log, ReceiverAnswer } from "@headgate/model";

/** A receiver acknowledges a commit after 5 s at the latest. */
const SILENT_MS = 60_000;

/** A receiver that is sent data and acknowledges nothing. */
export interface SilentReceiver {
  readonly id: string;
  readonly forMs: number;
}

/** Finds out and tells, once each time, which receivers of an uplink acknowledge nothing. */
export class SilentReceivers {
  readonly #uplinkId: string;
  readonly #silentMs: number;
  readonly #told = new Set<string>();

  /** `ackTimeoutMs`: longer than a minute, it is how long a receiver may take. */
  constructor(uplinkId: string, ackTimeoutMs = 0) {
    this.#uplinkId = uplinkId;
    this.#silentMs = Math.max(SILENT_MS, ackTimeoutMs);
  }

  of(answers: readonly ReceiverAnswer[]): SilentReceiver[] {
    const silent = answers.filter(({ silentForMs }) => silentForMs >= this.#silentMs);
    return silent.map(({ receiverId, silentForMs }) => ({ id: receiverId, forMs: silentForMs }));
  }

  /** A connection that is new says nothing yet: what was told stays told until it is answered. */
  tell(answers: readonly ReceiverAnswer[], log: Log): void {
    const silent = this.of(answers);
    const name = `uplink "${this.#uplinkId}"`;
    for (const { id, forMs } of silent) {
      if (this.#told.has(id)) continue;
      this.#told.add(id);
      const what = `is connected, but receiver "${id}" acknowledges nothing`;
      const advice = "check that it runs, and that its id, root and shard are those of the uplink";
      log.warn(`${name} ${what}; ${advice}`, { silentForMs: Math.round(forMs) });
    }
    for (const { receiverId: id, hasAnswered } of answers) {
      const isOver = hasAnswered && !silent.some((one) => one.id === id);
      if (isOver && this.#told.delete(id)) log.info(`${name}: receiver "${id}" acknowledges again`);
    }
  }
}

/** What an uplink's settings say of `ackTimeout`, if they do. */
export function ackTimeoutOf(settings: unknown): number {
  const { ackTimeout } = (settings ?? {}) as { readonly ackTimeout?: unknown };
  return typeof ackTimeout === "number" ? ackTimeout : 0;
}
