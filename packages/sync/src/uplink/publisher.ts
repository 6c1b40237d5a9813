import { type Context, type Lane, Misconfigured, Refused, Unreachable } from "@headgate/model";
import type { IDisconnectPacket, IPublishPacket, MqttClient, Packet } from "mqtt";
import { Backoff } from "./backoff.ts";
import type { Budget } from "./budget.ts";
import type { MqttConfig } from "./config.ts";
import type { Connected } from "./connect.ts";
import { learnedOf } from "./learned.ts";
import type { Message } from "./message.ts";
import { partingOf, pubackVerdict, type Verdict } from "./reason-code.ts";
import { SendWindow } from "./send-window.ts";
import { packetBytesOf, wireBytesOf } from "./wire-bytes.ts";

const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 15_000;
/** A message that fails so often while others are taken is no good. */
const FAILURES_MAX = 7;
/** What is not live waits so much longer when the server asks to slow down. */
const OTHERS_WAIT_FACTOR = 4;
/** A session that was left in peace so long: the one before it was taken over by chance. */
const CALM_MS = 600_000;
/** A session that is cut within it is short; where so many in a row are, there is a reason. */
const SHORT_MS = 60_000;
const SHORT_LIVES_MAX = 2;
const CUT = "connection lost: closed by the server or the network";
const CUT_AGAIN =
  "again and again: another client may have our id, such as an old box that still runs";
/** A PINGREQ and its answer. */
const PING_BYTES = 2 * wireBytesOf(2);

/**
 * What the library says of a PUBACK with a code that MQTT 5 does not allow there, and ends the
 * connection: mosquitto 2.0 sends 149, packet too large.
 */
const ODD_ANSWER = /^Invalid puback reason code/;

interface Attempt {
  readonly tries: number;
  readonly isOthersTaken: boolean;
  readonly lane: Lane;
}

interface InFlight {
  readonly bytes: number;
  readonly sentAtMs: number;
  readonly settle: (fault: Error | null) => void;
}

export interface PublisherOptions {
  readonly context: Context;
  /** Told of every byte that goes out or comes in. */
  readonly budget: Budget;
  /** `isSuspect`: what was on the way may be why it ended. */
  readonly onLost: (fault: Error, isSuspect: boolean) => void;
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
  /** When the latest message of each lane may go, where messages are counted. */
  readonly #turns = new Map<Lane, Promise<void>>();
  readonly #onLost: PublisherOptions["onLost"];
  readonly #budget: Budget;
  readonly #slowDown = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
  #takenCount = 0;
  /** When the server last answered a message. Monotonic. */
  #answeredAtMs = Number.NEGATIVE_INFINITY;
  #fault: Error | null = null;
  readonly #openedAtMs: number;

  constructor(
    connected: Connected,
    config: MqttConfig,
    { context, budget, onLost }: PublisherOptions,
  ) {
    this.#client = connected.client;
    this.#config = config;
    this.#context = context;
    this.#isVersion5 = connected.version === 5;
    this.#openedAtMs = context.clock.monotonicMs();
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
    const { batchBytesMax = Number.POSITIVE_INFINITY } = learnedOf(this.#config);
    return Math.max(1024, Math.min(this.#packetBytesMax - 512, batchBytesMax));
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
    const takenBefore = this.#takenCount;
    for (let tries = 1; ; tries++) {
      if (this.#budget.isCountingMessages) await this.#itsTurn(lane);
      this.#budget.charge(lane, wireBytesOf(bytes));
      const verdict = pubackVerdict(await this.#inTurn(message, bytes));
      if (verdict.kind === "taken" || this.#isHeardEnough(verdict.kind, message)) break;
      const isOthersTaken = this.#takenCount > takenBefore;
      const delayMs = this.#react(message.topic, verdict, { tries, isOthersTaken, lane });
      await this.#context.clock.sleep(delayMs, this.#context.signal);
      if (this.#context.signal.aborted) throw new Unreachable("the gateway is stopping");
    }
    this.#takenCount++;
    this.#slowDown.clear();
    this.#window.grow();
  }

  /** To a server that finds messages too many they go one by one, however many a batch becomes. */
  async #itsTurn(lane: Lane): Promise<void> {
    const before = this.#turns.get(lane);
    const turn = (async () => {
      await before;
      for (;;) {
        const waitMs = this.#budget.messageWaitMs(lane);
        if (waitMs === 0 || this.#fault) return;
        await this.#context.clock.sleep(waitMs, this.#context.signal);
        if (this.#context.signal.aborted) return;
      }
    })();
    this.#turns.set(lane, turn);
    await turn;
  }

  async #inTurn(message: Message, bytes: number): Promise<number> {
    await this.#window.enter();
    try {
      return await this.#once(message, bytes);
    } finally {
      this.#window.leave();
    }
  }

  /** How long to wait before the message is sent again; throws where it is not. */
  #react(topic: string, verdict: Verdict, { tries, isOthersTaken, lane }: Attempt): number {
    const text = "text" in verdict ? verdict.text : "nobody subscribes; start what should receive";
    const what = `publish to "${topic}": ${text}`;
    if (verdict.kind === "refused") throw new Refused(what);
    if (verdict.kind === "slow-down") return this.#slow(what, lane);
    if (verdict.kind === "failed" && tries < FAILURES_MAX) {
      return Math.min(RETRY_MIN_MS * 2 ** (tries - 1), RETRY_MAX_MS);
    }
    if (verdict.kind === "failed" && isOthersTaken) {
      throw new Refused(`${what}, ${tries} times while other messages were taken`);
    }
    const isForPerson = verdict.kind === "misconfigured";
    this.lose(isForPerson ? new Misconfigured(what) : new Unreachable(what));
    throw this.#fault ?? new Unreachable(what);
  }

  /** The server wants less: half the window, and all but live waits longer. */
  #slow(reason: string, lane: Lane): number {
    const { waitMs, isNew } = this.#slowDown.hit(this.#context.clock.monotonicMs());
    if (isNew) {
      this.#window.shrink();
      learnedOf(this.#config).window = this.#window.size;
      this.#budget.pause(OTHERS_WAIT_FACTOR * waitMs);
      this.#context.log.warn("server asks to slow down", { reason, window: this.#window.size });
    }
    return lane === "l" ? waitMs : OTHERS_WAIT_FACTOR * waitMs;
  }

  /** What the server retains waits there for who comes. */
  #isHeardEnough(kind: string, { retain = false }: Message): boolean {
    const { delivery, requireSubscriber } = this.#config;
    const mustBeHeard = delivery !== "receiver" && requireSubscriber && !retain;
    return kind === "no-subscriber" && !mustBeHeard;
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
    client.on("disconnect", ({ reasonCode = 0, properties }: IDisconnectPacket) => {
      this.#disconnected(reasonCode, properties?.serverReference);
    });
    client.on("error", (error) => {
      const isCut = "code" in error && ["ECONNRESET", "EPIPE"].includes(String(error.code));
      const isOddAnswer = ODD_ANSWER.test(error.message);
      if (isOddAnswer) this.#learnBatchSize();
      this.lose(new Unreachable("connection lost", { cause: error }), isCut || isOddAnswer);
    });
    client.on("close", () => {
      if (!this.#fault) this.lose(new Unreachable(this.#cut()), true);
    });
  }

  /** Some servers, as mosquitto 2.0.11, say nothing where another client takes the session. */
  #cut(): string {
    const learned = learnedOf(this.#config);
    const isShort = this.#context.clock.monotonicMs() - this.#openedAtMs < SHORT_MS;
    learned.shortLives = isShort ? learned.shortLives + 1 : 0;
    return learned.shortLives > SHORT_LIVES_MAX ? `${CUT}, ${CUT_AGAIN}` : CUT;
  }

  #countReceived({ topic, payload }: IPublishPacket): void {
    this.#budget.count(wireBytesOf(packetBytesOf({ topic, payload: Buffer.from(payload) })));
  }

  #disconnected(code: number, serverReference = ""): void {
    const learned = learnedOf(this.#config);
    const { reaction, text: said } = partingOf(code);
    const text = serverReference === "" ? said : `${said}: "${serverReference}"`;
    if (reaction === "smaller-window") {
      learned.window = Math.max(1, Math.floor(this.#window.size / 2));
      this.#budget.pause(RETRY_MAX_MS);
    }
    if (reaction === "slower") this.#budget.slowDown();
    if (reaction === "smaller-packets") this.#learnSize();
    const retryAfterMs = reaction === "taken-over" ? this.#takenOver() : 0;
    const isForPerson = reaction === "misconfigured";
    const fault = isForPerson ? new Misconfigured(text) : new Unreachable(text, { retryAfterMs });
    this.lose(fault, reaction === "suspect");
  }

  /** The culprit is one of those on the way; if it is too large, so is the largest. */
  #learnSize(): void {
    const largest = this.#learnBatchSize();
    if (largest === null) return;
    const learned = learnedOf(this.#config);
    learned.packetBytesTooLarge = Math.min(largest, learned.packetBytesTooLarge ?? largest);
  }

  /** Batches of half the size of the largest message on the way, which is returned. */
  #learnBatchSize(): number | null {
    if (this.#inFlight.size === 0) return null;
    const largest = Math.max(...[...this.#inFlight].map(({ bytes }) => bytes));
    learnedOf(this.#config).batchBytesMax = Math.floor(largest / 2);
    return largest;
  }

  /** Two that take a session from each other must not do it all day, nor in step. */
  #takenOver(): number {
    const { takeovers } = learnedOf(this.#config);
    const nowMs = this.#context.clock.monotonicMs();
    if (nowMs - this.#openedAtMs > CALM_MS) takeovers.clear();
    const { waitMs } = takeovers.hit(nowMs);
    const todo = "give each gateway its own id, and each uplink its own clientId";
    this.#context.log.error("another client connected with our client id", { todo, waitMs });
    return waitMs;
  }

  /** Ends the session for `fault`: settles all that is pending, destroys the socket. Once. */
  lose(fault: Error, isSuspect = false): void {
    if (this.#fault) return;
    this.#fault = fault;
    for (const sent of [...this.#inFlight]) sent.settle(fault);
    this.#client.end(true);
    this.#onLost(fault, isSuspect);
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
