import { EventEmitter } from "node:events";
import type { Dial } from "@headgate/sync/cores";
import type { IClientOptions, IClientPublishOptions, MqttClient } from "mqtt";
import type { Life } from "./life.ts";
import type { Network, Side } from "./network.ts";
import { Connection, type Down, type Message } from "./wire.ts";

type Answered = (error?: Error) => void;
const never = new AbortController().signal;

/** Where a client lives. */
export interface Place {
  readonly network: Network;
  readonly life: Life;
  readonly side: Side;
  /** Hears all that is published from here. */
  readonly overhear?: (topic: string, payload: Uint8Array) => void;
}

/** Clients as the `mqtt` package makes them, on the network of a simulated world. */
export function simulatedDial(place: Place): Dial {
  return async (options) => new SimulatedClient(place, options) as unknown as MqttClient;
}

/** What of an `MqttClient` our code uses; answers as that does, without its queues. */
class SimulatedClient extends EventEmitter {
  connected = false;
  readonly stream = { destroy: () => this.#close() };
  readonly #place: Place;
  readonly #options: IClientOptions;
  readonly #connection: Connection;
  readonly #pending = new Map<number, Answered>();
  readonly #inbox: { id: number; message: Message }[] = [];
  #isTaking = false;
  #isClosed = false;
  #lastId = 0;
  #heardAtMs = 0;
  #whenIdle: (() => void) | null = null;

  constructor(place: Place, options: IClientOptions) {
    super();
    this.#place = place;
    this.#options = options;
    this.#connection = new Connection(place.network.world);
    place.life.afterwards(() => this.#connection.close());
    void this.#connect();
  }

  handleMessage(_packet: { topic: string; payload: Uint8Array }, done: () => void): void {
    done();
  }

  getLastMessageId(): number {
    return this.#lastId;
  }

  publish(
    topic: string,
    payload: Uint8Array,
    { retain = false }: IClientPublishOptions,
    done: Answered,
  ): void {
    const id = ++this.#lastId;
    const { life, network, side } = this.#place;
    this.#pending.set(id, done);
    if (this.#isClosed || !life.step()) return;
    this.#place.overhear?.(topic, payload);
    network.trace(side, `publishes ${payload.length} bytes on ${topic}`);
    this.#connection.toBroker({ kind: "publish", id, message: { topic, payload, retain } });
    network.wear(this.#connection);
  }

  publishAsync(topic: string, payload: Uint8Array, options: IClientPublishOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      this.publish(topic, payload, options, (error) => (error ? reject(error) : resolve()));
    });
  }

  subscribe(
    filters: readonly string[],
    _options: object,
    done: (error: Error | null, granted?: { topic: string; qos: number }[]) => void,
  ): void {
    const id = ++this.#lastId;
    const granted = filters.map((topic) => ({ topic, qos: 1 }));
    this.#pending.set(id, (error) => (error ? done(error) : done(null, granted)));
    if (!this.#isClosed && this.#place.life.step()) {
      this.#connection.toBroker({ kind: "subscribe", id, filters });
    }
  }

  subscribeAsync(filters: readonly string[]): Promise<{ topic: string; qos: number }[]> {
    return new Promise((resolve, reject) => {
      this.subscribe(filters, {}, (error, granted) =>
        error ? reject(error) : resolve(granted ?? []),
      );
    });
  }

  end(isForced: boolean, _options?: object, done: () => void = () => {}): void {
    const finish = () => {
      if (!this.#isClosed) this.#connection.toBroker({ kind: "disconnect" });
      this.#close();
      const waiting = [...this.#pending.values()];
      this.#pending.clear();
      for (const answered of waiting) answered(new Error("Connection closed"));
      done();
    };
    if (isForced || this.#pending.size === 0) finish();
    else this.#whenIdle = finish;
  }

  async #connect(): Promise<void> {
    const { network, life, side } = this.#place;
    const { clock } = life;
    const answer = network.answerTo(side);
    await clock.sleep(answer.afterMs, never);
    if (this.#isClosed) return;
    if (answer.kind === "silent") {
      await clock.sleep(this.#options.connectTimeout ?? 30_000, never);
      this.#close();
      return;
    }
    if (answer.kind === "refused") {
      if (this.listenerCount("error") > 0) this.emit("error", answer.error);
      this.#close();
      return;
    }
    const { clientId = "", clean = true, keepalive = 60, will } = this.#options;
    this.#heardAtMs = clock.monotonicMs();
    this.#connection.client = { took: (packet) => this.#took(packet), closed: () => this.#close() };
    network.accept(side, this.#connection, {
      clientId,
      isPersistent: !clean,
      will: will ? { ...will, payload: Buffer.from(will.payload), retain: true } : null,
      keepaliveMs: 1000 * keepalive,
    });
    this.connected = true;
    const { receiveMaximum, maximumPacketSize } = network.limits;
    network.trace(side, "is connected");
    this.emit("connect", { reasonCode: 0, properties: { receiveMaximum, maximumPacketSize } });
    await this.#keepAlive(1000 * keepalive);
  }

  #took(packet: Down): void {
    const { life, network, side } = this.#place;
    if (this.#isClosed || !life.step()) return;
    this.#heardAtMs = life.clock.monotonicMs();
    if (packet.kind === "publish") {
      this.#inbox.push(packet);
      this.#takeNext();
    } else if (packet.kind === "disconnect") {
      network.trace(side, `is sent away with code ${packet.code}`);
      this.emit("disconnect", { reasonCode: packet.code });
      this.#close();
    } else if (packet.kind !== "pong") this.#answered(packet);
  }

  #answered({ kind, id, code }: { kind: string; id: number; code: number }): void {
    if (kind === "puback")
      this.emit("packetreceive", { cmd: kind, messageId: id, reasonCode: code });
    const done = this.#pending.get(id);
    this.#pending.delete(id);
    const isRefused = kind === "puback" && code >= 128;
    done?.(isRefused ? Object.assign(new Error(`Publish error: ${code}`), { code }) : undefined);
    if (this.#pending.size === 0) this.#whenIdle?.();
  }

  /** One after the other: the next message waits until the one before it was taken. */
  #takeNext(): void {
    const next = this.#inbox[0];
    if (this.#isTaking || this.#isClosed || !next) return;
    this.#isTaking = true;
    const { message, id } = next;
    this.emit("message", message.topic, Buffer.from(message.payload));
    this.handleMessage(message, () => {
      if (!this.#isClosed && this.#place.life.step()) {
        this.#connection.toBroker({ kind: "puback", id });
      }
      this.#inbox.shift();
      this.#isTaking = false;
      this.#takeNext();
    });
  }

  async #keepAlive(keepaliveMs: number): Promise<void> {
    const { clock } = this.#place.life;
    while (!this.#isClosed) {
      await clock.sleep(keepaliveMs / 2, never);
      if (clock.monotonicMs() - this.#heardAtMs >= 1.5 * keepaliveMs) this.#close();
      else this.#connection.toBroker({ kind: "ping" });
    }
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.connected = false;
    this.#connection.close();
    if (!this.#place.life.isOver) this.emit("close");
  }
}
