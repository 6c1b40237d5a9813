import { createHash } from "node:crypto";

const EVENTS_MAX = 60;

/** What happened, in order: the latest to be read, and all of it as one hash. */
export class History {
  readonly #monotonicMs: () => number;
  readonly #hash = createHash("sha256");
  readonly #tell: ((line: string) => void) | null;
  #events: string[] = [];
  #eventCount = 0;

  /** `tell` is given every line, the small ones too. */
  constructor(monotonicMs: () => number, tell: ((line: string) => void) | null = null) {
    this.#monotonicMs = monotonicMs;
    this.#tell = tell;
  }

  /** An event worth telling if something goes wrong later. */
  note(text: string): void {
    this.#events.push(this.#add(text));
    if (this.#events.length > EVENTS_MAX) this.#events.shift();
  }

  /** One of many small steps. */
  trace(text: string): void {
    this.#add(text);
  }

  get lastEvents(): readonly string[] {
    return this.#events;
  }

  /** Names this life: two runs of one seed must come to the same. */
  digest(): string {
    return `${this.#eventCount} events, ${this.#hash.copy().digest("hex").slice(0, 16)}`;
  }

  #add(text: string): string {
    const line = `${(this.#monotonicMs() / 1000).toFixed(3)} s: ${text}`;
    this.#hash.update(`${line}\n`);
    this.#eventCount++;
    this.#tell?.(line);
    return line;
  }
}
