import { type Context, type Lane, Misconfigured, Refused, Unreachable } from "@headgate/model";
import type { IPublishPacket, MqttClient, Packet } from "mqtt";
import type { Budget } from "./budget.ts";
import type { MqttConfig } from "./config.ts";
import type { Connected } from "./connect.ts";
import { learnedOf } from "./learned.ts";
import type { Message } from "./message.ts";
import {
  disconnectText,
  isMisconfigured,
  isSlowDown,
  PACKET_TOO_LARGE,
  pubackVerdict,
} from "./reason-code.ts";
import { SendWindow } from "./send-window.ts";
import { packetBytesOf, wireBytesOf } from "./wire-bytes.ts";

const SLOW_DOWN_MIN_MS = 250;
const SLOW_DOWN_MAX_MS = 15_000;
/** A PINGREQ and its answer. */
const PING_BYTES = 2 * wireBytesOf(2);

interface InFlight {
  readonly bytes: number;
  readonly sentAtMs: number;
  readonly settle: (fault: Error | null) => void;
}

export interface PublisherOptions {
  readonly context: Context;
  /** Told of every byte that goes out or comes in. */
  readonly budget: Budget;
  readonly onLost: (fault: Error) => void;
}

/** Publishes on one connection: own window, own watchdog, every promise settled. */
export class Publisher {
  readonly #client: MqttClient;
  readonly #config: MqttConfig;
  readonly #context: Context;
  readonly #isVersion5: boolean;
  readonly #packetBytesMax: number;
  readonly #window: SendWindow;
  /** Insertion order is send order: the first is the oldest. */
  readonly #inFlight = new Set<InFlight>();
  readonly #unheard = new Set<number>();
  readonly #onLost: (fault: Error) => void;
  readonly #budget: Budget;
  /** When the server last answered a message. Monotonic. */
  #answeredAtMs = Number.NEGATIVE_INFINITY;
  #fault: Error | null = null;

  constructor(
    connected: Connected,
    config: MqttConfig,
    { context, budget, onLost }: PublisherOptions,
  ) {
    this.#client = connected.client;
    this.#config = config;
    this.#context = context;
    this.#isVersion5 = connected.version === 5;
    this.#onLost = onLost;
    this.#budget = budget;
    const learned = learnedOf(config);
    const tooLarge = learned.packetBytesTooLarge ?? Number.POSITIVE_INFINITY;
    this.#packetBytesMax = Math.min(connected.packetBytesMax, tooLarge - 1);
    const sizeMax = Math.min(config.window, connected.receiveMaximum);
    this.#window = new SendWindow(Math.min(sizeMax, learned.window ?? sizeMax), sizeMax);
    this.#listen();
  }

  /** Why the session is lost, or null while it is up. */
  get fault(): Error | null {
    return this.#fault;
  }

  /** The largest payload that fits a packet on topics of ordinary length. */
  get payloadBytesMax(): number {
    return Math.max(1024, this.#packetBytesMax - 512);
  }

  get windowSize(): number {
    return this.#window.size;
  }

  /** Resolves once the server has taken the message. What is no block counts as live. */
  async publish(message: Message, lane: Lane = "l"): Promise<void> {
    const bytes = packetBytesOf(message);
    if (bytes > this.#packetBytesMax) {
      throw new Refused(
        `publish to "${message.topic}": ${bytes} bytes, the server takes ${this.#packetBytesMax}`,
      );
    }
    for (let delayMs = SLOW_DOWN_MIN_MS; ; delayMs = Math.min(2 * delayMs, SLOW_DOWN_MAX_MS)) {
      this.#budget.charge(lane, wireBytesOf(bytes));
      await this.#window.enter();
      let code: number;
      try {
        code = await this.#once(message, bytes);
      } finally {
        this.#window.leave();
      }
      if (this.#isTaken(message.topic, code)) return;
      await this.#context.clock.sleep(delayMs, this.#context.signal);
      if (this.#context.signal.aborted) throw new Unreachable("the gateway is stopping");
    }
  }

  /** Whether it is taken; false if it is to be sent again later. */
  #isTaken(topic: string, code: number): boolean {
    const verdict = pubackVerdict(code);
    const where = `publish to "${topic}"`;
    if (verdict.kind === "taken" || this.#isHeardEnough(verdict.kind)) {
      this.#window.grow();
      return true;
    }
    if (verdict.kind === "refused") throw new Refused(`${where}: ${verdict.text}`);
    if (verdict.kind === "slow-down") {
      this.#window.shrink();
      learnedOf(this.#config).window = this.#window.size;
      this.#context.log.warn("server asks to slow down", { topic, reason: verdict.text });
      return false;
    }
    if (verdict.kind === "misconfigured") {
      this.lose(new Misconfigured(`${where}: ${verdict.text}`));
    } else if (verdict.kind === "no-subscriber") {
      this.lose(new Unreachable(`${where}: nobody subscribes to it; start what should receive`));
    } else {
      this.lose(new Unreachable(`${where}: ${verdict.text}`));
    }
    throw this.#fault ?? new Unreachable(where);
  }

  #isHeardEnough(kind: string): boolean {
    const { delivery, requireSubscriber } = this.#config;
    return kind === "no-subscriber" && !(delivery === "broker" && requireSubscriber);
  }

  #once({ topic, payload, retain = false, properties }: Message, bytes: number): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#fault) {
        reject(this.#fault);
        return;
      }
      const sentAtMs = this.#context.clock.monotonicMs();
      const sent: InFlight = {
        bytes,
        sentAtMs,
        settle: (fault) => {
          if (this.#inFlight.delete(sent) && fault) reject(fault);
        },
      };
      this.#inFlight.add(sent);
      const body = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
      const extra = this.#isVersion5 && properties ? { properties } : {};
      this.#client.publish(topic, body, { qos: 1, retain, ...extra }, (error) => {
        if (!this.#inFlight.delete(sent)) return;
        this.#answeredAtMs = this.#context.clock.monotonicMs();
        if (!error) resolve(this.#unheard.delete(messageId) ? 16 : 0);
        else if ("code" in error && typeof error.code === "number") resolve(error.code);
        else reject(this.#fault ?? new Unreachable(`publish to "${topic}"`, { cause: error }));
      });
      const messageId = this.#client.getLastMessageId();
    });
  }

  #listen(): void {
    const client = this.#client;
    client.on("packetreceive", (packet: Packet) => {
      // The library reports 16 as success and drops the code.
      if (packet.cmd === "publish") this.#countReceived(packet);
      if (packet.cmd === "pingresp") this.#budget.count(PING_BYTES);
      if (packet.cmd === "puback" && packet.reasonCode === 16 && packet.messageId !== undefined) {
        this.#unheard.add(packet.messageId);
      }
    });
    client.on("disconnect", ({ reasonCode = 0 }) => this.#disconnected(reasonCode));
    client.on("error", (error) => {
      this.lose(new Unreachable("connection lost", { cause: error }));
    });
    client.on("close", () => {
      this.lose(new Unreachable("connection lost: closed by the server or the network"));
    });
  }

  #countReceived({ topic, payload }: IPublishPacket): void {
    this.#budget.count(wireBytesOf(packetBytesOf({ topic, payload: Buffer.from(payload) })));
  }

  #disconnected(code: number): void {
    const learned = learnedOf(this.#config);
    if (isSlowDown(code)) learned.window = Math.max(1, Math.floor(this.#window.size / 2));
    if (code === PACKET_TOO_LARGE && this.#inFlight.size > 0) {
      // The culprit is one of these; if it is too large, so is the largest.
      const largest = Math.max(...[...this.#inFlight].map(({ bytes }) => bytes));
      learned.packetBytesTooLarge = Math.min(largest, learned.packetBytesTooLarge ?? largest);
    }
    const text = disconnectText(code);
    this.lose(isMisconfigured(code) ? new Misconfigured(text) : new Unreachable(text));
  }

  /** Ends the session for `fault`: settles all that is pending, destroys the socket. Once. */
  lose(fault: Error): void {
    if (this.#fault) return;
    this.#fault = fault;
    for (const sent of [...this.#inFlight]) sent.settle(fault);
    this.#client.end(true);
    this.#onLost(fault);
  }

  /**
   * Destroys a connection on which messages wait and none has been answered for too long. On a slow
   * line a whole window is on its way: that the oldest waits long says little by itself.
   */
  async watch(signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    const timeoutMs = this.#config.ackTimeout;
    while (!signal.aborted && !this.#fault) {
      const [oldest] = this.#inFlight;
      const sinceMs = Math.max(oldest?.sentAtMs ?? 0, this.#answeredAtMs);
      const waitedMs = oldest ? clock.monotonicMs() - sinceMs : 0;
      const oldestMs = oldest ? clock.monotonicMs() - oldest.sentAtMs : 0;
      // One left out while others are answered: no line is as slow as a timeout for each place.
      if (waitedMs >= timeoutMs || oldestMs >= timeoutMs * this.#window.size) {
        this.lose(new Unreachable(`no acknowledgement from the server for ${timeoutMs} ms`));
        return;
      }
      await clock.sleep(Math.max(10, Math.min(timeoutMs / 4, timeoutMs - waitedMs)), signal);
    }
  }
}
