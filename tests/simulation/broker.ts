import { decodeFrame } from "@headgate/sync/protocol";
import { BrokerSession } from "./broker-session.ts";
import type { Connection, Message, Up } from "./wire.ts";
import type { World } from "./world-parts.ts";

const never = new AbortController().signal;
/** Of the blocks, those that the broker never takes. */
const POISON_SHARE = 0.003;
/** MQTT's reason codes. */
const NOT_NOW = [131, 151] as const;
const PAYLOAD_INVALID = 153;
const TAKEN_OVER = 142;
const SHUTTING_DOWN = 139;
const GOODBYE_MS = 500;

/** Who connects. */
export interface Client {
  readonly clientId: string;
  readonly isPersistent: boolean;
  readonly will: Message | null;
  readonly keepaliveMs: number;
}

/** A broker: persistent sessions, retained messages, wills, QoS 1, and all that goes wrong. */
export class Broker {
  isUp = true;
  readonly #world: World;
  readonly #sessions = new Map<string, BrokerSession>();
  readonly #retained = new Map<string, Message>();
  readonly #lastAtMs = new Map<string, number>();
  /** Of what it has in memory only: gone when it is killed. */
  #life = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Takes a client in; whoever was there under its name is sent away. */
  accept(connection: Connection, client: Client): void {
    const { clientId, isPersistent } = client;
    const known = this.#sessions.get(clientId);
    const session = known?.isPersistent && isPersistent ? known : new BrokerSession(isPersistent);
    if (known?.connection) this.#sendAway(known.connection, TAKEN_OVER);
    this.#sessions.set(clientId, session);
    const life = this.#life;
    let heardAtMs = this.#world.clock.monotonicMs();
    let isGone = false;
    const gone = (isInPeace: boolean) => {
      if (isGone || life !== this.#life) return;
      isGone = true;
      if (session.connection === connection) session.detach();
      if (!isInPeace && client.will) this.#route(client.will);
    };
    connection.broker = {
      took: (packet) => {
        if (life !== this.#life || isGone) return;
        heardAtMs = this.#world.clock.monotonicMs();
        if (packet.kind === "disconnect") {
          gone(true);
          connection.close();
        } else this.#took(packet, session, connection);
      },
      closed: () => gone(false),
    };
    session.attach(connection);
    const leave = () => {
      gone(false);
      connection.close();
    };
    void this.#watch({ heardAtMs: () => heardAtMs, silentMsMax: 1.5 * client.keepaliveMs, leave });
  }

  /** Ends without a word, and comes back later; with amnesia nothing it knew is left. */
  async kill(downMs: number, isAmnesic: boolean): Promise<void> {
    if (!this.isUp) return;
    const what = isAmnesic ? "is killed and forgets all" : "is killed";
    this.#world.history.note(`the broker ${what}, for ${downMs} ms`);
    this.isUp = false;
    this.#life++;
    for (const session of this.#sessions.values()) {
      if (session.connection) this.#sendAway(session.connection, SHUTTING_DOWN);
      session.detach();
    }
    if (isAmnesic) {
      this.#sessions.clear();
      this.#retained.clear();
    }
    await this.#world.clock.sleep(downMs, never);
    this.isUp = true;
    this.#world.history.note("the broker is back");
  }

  #sendAway(connection: Connection, code: number): void {
    connection.toClient({ kind: "disconnect", code });
    void this.#world.clock.sleep(GOODBYE_MS, never).then(() => connection.close());
  }

  #took(packet: Up, session: BrokerSession, connection: Connection): void {
    if (packet.kind === "ping") connection.toClient({ kind: "pong" });
    if (packet.kind === "puback") session.acknowledged(packet.id);
    if (packet.kind === "publish") {
      const code = this.#verdict(packet.message);
      if (code === 0) this.#route(packet.message);
      connection.toClient({ kind: "puback", id: packet.id, code });
    }
    if (packet.kind === "subscribe") {
      for (const filter of packet.filters) session.filters.add(filter);
      connection.toClient({ kind: "suback", id: packet.id, code: 1 });
      for (const message of this.#retained.values()) {
        if (session.wants(message.topic)) session.offer(message);
      }
    }
  }

  #verdict({ topic, payload }: Message): number {
    const { rng, sky, history } = this.#world;
    if (/\/d\//.test(topic) && decodeFrame(payload).entries.some(isPoison)) {
      history.note(`the broker refuses what comes on ${topic}`);
      return PAYLOAD_INVALID;
    }
    if (!rng.chance(sky.weather.messageRefused)) return 0;
    return NOT_NOW[rng.between(0, NOT_NOW.length - 1)] as number;
  }

  #route(message: Message): void {
    const { topic, payload, retain } = message;
    const { rng, sky, history, clock } = this.#world;
    if (rng.chance(sky.weather.messageLost)) {
      history.note(`a message on ${topic} is lost`);
      return;
    }
    if (retain && payload.length === 0) this.#retained.delete(topic);
    else if (retain) this.#retained.set(topic, message);
    const copies = rng.chance(sky.weather.messageTwice) ? 2 : 1;
    const nowMs = clock.monotonicMs();
    const wishMs = nowMs + rng.between(0, sky.weather.reorderMsMax);
    const atMs = Math.max(wishMs, this.#lastAtMs.get(topic) ?? 0);
    this.#lastAtMs.set(topic, atMs);
    const life = this.#life;
    for (const session of this.#sessions.values()) {
      if (!session.wants(topic)) continue;
      void clock.sleep(atMs - nowMs, never).then(() => {
        if (life !== this.#life) return;
        for (let copy = 0; copy < copies; copy++) {
          if (!session.offer({ ...message, retain: false })) history.note("a queue is full");
        }
      });
    }
  }

  /** A client that says nothing for one and a half of its keepalive is gone. */
  async #watch({ heardAtMs, silentMsMax, leave }: Watch): Promise<void> {
    const { clock } = this.#world;
    const life = this.#life;
    while (life === this.#life) {
      const silentMs = clock.monotonicMs() - heardAtMs();
      if (silentMs >= silentMsMax) return leave();
      await clock.sleep(silentMsMax - silentMs, never);
    }
  }
}

interface Watch {
  readonly heardAtMs: () => number;
  readonly silentMsMax: number;
  readonly leave: () => void;
}

/** Always the same blocks, whoever sends them and how often. */
function isPoison(entry: ReturnType<typeof decodeFrame>["entries"][number]): boolean {
  if (entry.kind !== "data") return false;
  return Number.parseInt(entry.hash.slice(0, 6), 16) / 0xffffff < POISON_SHARE;
}
