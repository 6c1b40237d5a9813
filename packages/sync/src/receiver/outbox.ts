import { type Clock, Unreachable } from "@headgate/model";
import type { MqttLink } from "./mqtt-link.ts";

/** Messages of ours the broker has not acknowledged; what is beyond waits for its next turn. */
const IN_FLIGHT_MAX = 20;
/** The broker has lost interest, or the line is half open. */
const ANSWER_MS_MAX = 15_000;

/** A message of the receiver's own. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain: boolean;
}

interface OutboxOptions {
  readonly link: MqttLink;
  readonly clock: Clock;
  /** Called once the broker does not take a message. */
  readonly onLost: (error: Unreachable) => void;
  /** Called when there is room again. */
  readonly onRoom: () => void;
}

/** Sends acks and requests without holding up commits. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #waits = new Set<AbortController>();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.room <= 0;
  }

  /** How many messages may be sent now. */
  get room(): number {
    return IN_FLIGHT_MAX - this.#waits.size;
  }

  /** Resolves when the broker has it, or is lost. Never rejects. */
  async send({ topic, payload, retain }: Outgoing): Promise<void> {
    const { link, clock, onLost, onRoom } = this.#options;
    const answered = new AbortController();
    this.#waits.add(answered);
    void clock.sleep(ANSWER_MS_MAX, answered.signal).then(() => {
      if (answered.signal.aborted) return;
      onLost(new Unreachable(`publish to broker: no answer within ${ANSWER_MS_MAX} ms`));
    });
    try {
      await link.publish(topic, payload, { retain });
    } catch (cause) {
      const why = "the broker does not take our messages; check rights and network";
      onLost(new Unreachable(`publish to broker: ${why}`, { cause }));
    } finally {
      answered.abort();
      const wasFull = this.isFull;
      this.#waits.delete(answered);
      if (wasFull && !this.isFull) onRoom();
    }
  }

  /** Waits for no answer any more. */
  close(): void {
    for (const wait of this.#waits) wait.abort();
  }
}
