/** A state that a virtual camera tells of, with the names that ONVIF gives it. */
export interface VirtualState {
  readonly topic: string;
  readonly sourceName: string;
  readonly source: string;
  readonly dataName: string;
  value: boolean;
}

type Operation = "Initialized" | "Changed";

interface Subscription {
  endsAtMs: number;
  readonly lifeMs: number;
  readonly waiting: string[];
  wake: () => void;
}

/** The pull points of a virtual camera and what waits in them. */
export class VirtualEvents {
  readonly states: VirtualState[];
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #cameraMs: () => number;
  #lastId = 0;

  constructor(states: VirtualState[], cameraMs: () => number) {
    this.states = states;
    this.#cameraMs = cameraMs;
  }

  get count(): number {
    this.#expire();
    return this.#subscriptions.size;
  }

  /** Opens a pull point; its id goes into its address. */
  open(lifeMs: number): string {
    this.#lastId += 1;
    const id = `${this.#lastId}`;
    const endsAtMs = this.#cameraMs() + lifeMs;
    this.#subscriptions.set(id, { endsAtMs, lifeMs, waiting: [], wake: () => {} });
    return id;
  }

  has(id: string): boolean {
    this.#expire();
    return this.#subscriptions.has(id);
  }

  endsAtMs(id: string): number {
    return this.#subscriptions.get(id)?.endsAtMs ?? 0;
  }

  renew(id: string): void {
    const subscription = this.#subscriptions.get(id);
    if (subscription) subscription.endsAtMs = this.#cameraMs() + subscription.lifeMs;
  }

  close(id: string): void {
    this.#subscriptions.get(id)?.wake();
    this.#subscriptions.delete(id);
  }

  /** A restart forgets everything. */
  forgetAll(): void {
    for (const id of [...this.#subscriptions.keys()]) this.close(id);
  }

  /** Tells one subscriber all states. */
  synchronize(id: string): void {
    for (const state of this.states) this.#tell(id, state, "Initialized");
  }

  /** Sets a state and tells everybody if it is another one. */
  set(state: VirtualState, value: boolean): void {
    if (state.value === value) return;
    state.value = value;
    this.repeat(state);
  }

  /** Tells everybody a state once more, as an event. */
  repeat(state: VirtualState): void {
    for (const id of this.#subscriptions.keys()) this.#tell(id, state, "Changed");
  }

  /** Takes what waits, or waits for it up to `waitMs`. */
  async pull(id: string, waitMs: number, limit: number): Promise<string[]> {
    const subscription = this.#subscriptions.get(id);
    if (!subscription) return [];
    if (subscription.waiting.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        subscription.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return subscription.waiting.splice(0, limit);
  }

  #tell(id: string, state: VirtualState, operation: Operation): void {
    const subscription = this.#subscriptions.get(id);
    subscription?.waiting.push(notification(state, operation, this.#cameraMs()));
    subscription?.wake();
  }

  #expire(): void {
    for (const [id, { endsAtMs }] of this.#subscriptions) {
      if (endsAtMs <= this.#cameraMs()) this.close(id);
    }
  }
}

function notification(state: VirtualState, operation: Operation, timeMs: number): string {
  const { topic, sourceName, source, dataName, value } = state;
  const dialect = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet";
  return (
    `<wsnt:NotificationMessage><wsnt:Topic Dialect="${dialect}">${topic}</wsnt:Topic>` +
    `<wsnt:Message><tt:Message UtcTime="${new Date(timeMs).toISOString()}" ` +
    `PropertyOperation="${operation}"><tt:Source>` +
    `<tt:SimpleItem Name="${sourceName}" Value="${source}"/></tt:Source><tt:Data>` +
    `<tt:SimpleItem Name="${dataName}" Value="${value}"/></tt:Data></tt:Message>` +
    "</wsnt:Message></wsnt:NotificationMessage>"
  );
}
