import type { Connection, Message } from "./wire.ts";

/** As many wait for a client that is away; then the broker drops what comes. */
const QUEUE_MAX = 200;
const IN_FLIGHT_MAX = 20;

interface Outgoing {
  readonly id: number;
  readonly message: Message;
}

/** What a broker keeps of one client. */
export class BrokerSession {
  readonly isPersistent: boolean;
  readonly filters = new Set<string>();
  connection: Connection | null = null;
  #queue: Outgoing[] = [];
  #sentCount = 0;
  #nextId = 1;

  constructor(isPersistent: boolean) {
    this.isPersistent = isPersistent;
  }

  /** The client is here: what it has not acknowledged is sent again. */
  attach(connection: Connection): void {
    this.connection = connection;
    this.#sentCount = 0;
    this.#send();
  }

  detach(): void {
    this.connection = null;
  }

  wants(topic: string): boolean {
    return [...this.filters].some((filter) => isMatch(filter, topic));
  }

  /** False if there is no room. */
  offer(message: Message): boolean {
    if (this.connection === null && !this.isPersistent) return true;
    if (this.#queue.length >= QUEUE_MAX) return false;
    this.#queue.push({ id: this.#nextId++, message });
    this.#send();
    return true;
  }

  acknowledged(id: number): void {
    const index = this.#queue.findIndex((one) => one.id === id);
    if (index < 0) return;
    this.#queue.splice(index, 1);
    if (index < this.#sentCount) this.#sentCount--;
    this.#send();
  }

  #send(): void {
    while (this.connection && this.#sentCount < IN_FLIGHT_MAX) {
      const next = this.#queue[this.#sentCount];
      if (!next) return;
      this.#sentCount++;
      this.connection.toClient({ kind: "publish", ...next });
    }
  }
}

/** MQTT's wildcards: `+` is one level, `#` all that follow. */
export function isMatch(filter: string, topic: string): boolean {
  const levels = topic.split("/");
  const wanted = filter.split("/");
  for (const [index, part] of wanted.entries()) {
    if (part === "#") return true;
    if (levels[index] === undefined || (part !== "+" && part !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}
