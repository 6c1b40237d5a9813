import {
  type Batch,
  type BlockRange,
  type Context,
  extentOf,
  type Notice,
  type Session,
  Unreachable,
  type UplinkPort,
} from "@headgate/model";
import { Bell } from "../drain/bell.ts";
import { BadFrame } from "../protocol/bad-frame.ts";
import { encodeMessage, parseAck, parseFence, parseRequest } from "../protocol/messages.ts";
import { fenceTopic, helloTopic, parseTopic } from "../protocol/topics.ts";
import { AckBook } from "./ack-book.ts";
import type { BlockCarrier } from "./block-carrier.ts";
import type { Budget } from "./budget.ts";
import type { Carrier } from "./carrier.ts";
import type { MqttConfig } from "./config.ts";
import type { Connected } from "./connect.ts";
import { learnedOf } from "./learned.ts";
import type { Message } from "./message.ts";
import { Publisher } from "./publisher.ts";
import { packetBytesOf, wireBytesOf } from "./wire-bytes.ts";

/** How often the retained hello and fence are brought up to date while blocks go out. */
const TEND_INTERVAL_MS = 10_000;
/** What a goodbye may take. */
const CLOSE_TIMEOUT_MS = 1000;

export interface SessionOptions {
  readonly connected: Connected;
  readonly config: MqttConfig;
  readonly port: UplinkPort;
  readonly context: Context;
  readonly session: string;
  readonly budget: Budget;
  readonly carrierOf: (publisher: Publisher) => Carrier;
  /** Present where blocks are carried whole: hello, acknowledgements and requests go with it. */
  readonly recordOf?: BlockCarrier["recordOf"];
}

/** One MQTT connection while it is up. */
export class MqttSession implements Session {
  readonly limits: Session["limits"];
  readonly pace: Budget;
  readonly confirmation: Session["confirmation"];
  readonly #options: SessionOptions;
  readonly #publisher: Publisher;
  readonly #carrier: Carrier;
  readonly #acks: AckBook;
  readonly #notices: Notice[] = [];
  readonly #bell = new Bell();
  readonly #ending = new AbortController();
  /** Highest number sent, by stream and epoch, of this session. */
  readonly #sent = new Map<string, BlockRange>();
  #told = "";
  #closed: Promise<void> | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { connected, config, context, budget } = options;
    const onLost = () => {
      this.#ending.abort();
      this.#bell.ring();
    };
    this.#publisher = new Publisher(connected, config, { context, budget, onLost });
    this.pace = budget;
    this.#carrier = options.carrierOf(this.#publisher);
    this.#acks = new AckBook(config.receivers);
    this.limits = this.#carrier.limits;
    this.confirmation = config.delivery === "receiver" ? "sent" : "taken";
    connected.client.on("message", (topic, payload) => this.#heard(topic, payload));
    void this.#publisher.watch(this.#ending.signal);
  }

  async send(batch: Batch, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new Unreachable("send: aborted");
    const { records, data } = await this.#carrier.messagesOf(batch);
    await this.#unlessAborted(async () => {
      await Promise.all(records.map((message) => this.#publisher.publish(message, batch.lane)));
      this.pace.learn(bodyBytesOf(batch), wireBytesOfAll(data));
      await Promise.all(data.map((message) => this.#publisher.publish(message, batch.lane)));
    }, signal);
    this.#noteSent(batch);
  }

  async #unlessAborted(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    let abort = () => {};
    const aborted = new Promise<never>((_resolve, reject) => {
      abort = () => reject(new Unreachable("send: aborted"));
      signal.addEventListener("abort", abort, { once: true });
    });
    try {
      await Promise.race([work(), aborted]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  #noteSent({ entries }: Batch): void {
    const [head] = entries;
    const latest = entries.at(-1);
    if (!head || !latest || this.confirmation === "taken") return;
    const { stream, epoch } = head;
    const range = { stream, epoch, first: extentOf(head).first, last: extentOf(latest).last };
    this.#acks.sent(range);
    const key = `${stream}/${epoch}`;
    const before = this.#sent.get(key);
    if (!before || before.last < range.last) this.#sent.set(key, range);
  }

  async *notices(signal: AbortSignal): AsyncGenerator<Notice> {
    for (;;) {
      for (let notice = this.#notices.shift(); notice; notice = this.#notices.shift()) yield notice;
      if (signal.aborted || this.#closed) return;
      if (this.#publisher.fault) throw this.#publisher.fault;
      await this.#bell.rung(signal);
    }
  }

  #tell(...notices: readonly Notice[]): void {
    this.#notices.push(...notices);
    if (notices.length > 0) this.#bell.ring();
  }

  #heard(topic: string, payload: Uint8Array): void {
    const { config, port, context } = this.#options;
    const parsed = parseTopic(config.root, topic);
    if (parsed?.gatewayId !== port.gatewayId) return;
    try {
      if (parsed.kind === "ack" && parsed.receiverId !== undefined) {
        const notices = this.#acks.hear(parsed.receiverId, parseAck(payload), port.standing());
        this.pace.limit(this.#acks.limits);
        this.#tell(...notices);
      }
      if (parsed.kind === "request") this.#answer(payload);
      if (parsed.kind === "fence") this.#compareFence(payload);
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
      context.log.warn("message from a receiver is malformed, ignored", { topic, error });
    }
  }

  #answer(payload: Uint8Array): void {
    const request = parseRequest(payload);
    if (request.op === "resend") {
      const { st: stream, ep: epoch, lo: first, hi: last } = request;
      if (first <= last) this.#tell({ kind: "resend", range: { stream, epoch, first, last } });
      return;
    }
    void this.#sendPointList(request.hash).catch((error) => {
      this.#options.context.log.warn("point list asked for, not sent", { error });
    });
  }

  async #sendPointList(hash: string): Promise<void> {
    const record = await this.#options.recordOf?.(hash);
    if (record) await this.#publisher.publish(record);
  }

  /** Our own word of how far we were: less now means that our buffer went back in time. */
  #compareFence(payload: Uint8Array): void {
    const standing = this.#options.port.standing();
    for (const { st, ep, next } of parseFence(payload).streams) {
      const ours = standing.find(({ stream, epoch }) => stream === st && epoch === ep);
      if (!ours || next <= ours.headSeq + 1) continue;
      const reason = `we had sent block ${next - 1} once, ours end at ${ours.headSeq} now`;
      this.#tell({ kind: "diverged", stream: st, epoch: ep, reason });
    }
  }

  /** Hello first, then kept up to date. Rejects if the server does not take it. */
  async greet(): Promise<void> {
    await this.#publishHello(true);
    void this.#tend().catch((error) => {
      this.#options.context.log.debug("tending ended with the session", { error });
    });
  }

  async #tend(): Promise<void> {
    const { clock } = this.#options.context;
    while (!this.#ending.signal.aborted) {
      await clock.sleep(TEND_INTERVAL_MS, this.#ending.signal);
      if (!this.#ending.signal.aborted) await this.#publishStanding();
    }
  }

  async #publishStanding(): Promise<void> {
    const text = JSON.stringify(this.#options.port.standing());
    if (text === this.#told) return;
    await this.#publishHello(true);
    await this.#publishFence();
  }

  async #publishHello(isOnline: boolean): Promise<void> {
    const { config, port, context, session } = this.#options;
    const standing = port.standing();
    this.#told = JSON.stringify(standing);
    const payload = encodeMessage({
      v: 1,
      gw: port.gatewayId,
      online: isOnline,
      at: context.clock.nowMs(),
      inc: session,
      format: config.format,
      streams: standing.map(({ stream, epoch, headSeq, tailSeq }) => {
        return { st: stream, ep: epoch, next: headSeq + 1, durable: headSeq, oldest: tailSeq };
      }),
    });
    const topic = helloTopic(config.root, port.gatewayId);
    await this.#publisher.publish({ topic, payload, retain: true });
  }

  async #publishFence(): Promise<void> {
    const { config, port } = this.#options;
    if (this.confirmation === "taken") return;
    const current = port.standing();
    const streams = [...this.#sent.values()].flatMap(({ stream, epoch, last }) => {
      const isCurrent = current.some((our) => our.stream === stream && our.epoch === epoch);
      return isCurrent ? [{ st: stream, ep: epoch, next: last + 1 }] : [];
    });
    if (streams.length === 0) return;
    const payload = encodeMessage({ v: 1, streams });
    const topic = fenceTopic(config.root, port.gatewayId);
    await this.#publisher.publish({ topic, payload, retain: true });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { config, connected } = this.#options;
    const { client } = connected;
    if (!this.#publisher.fault && this.#options.recordOf) {
      await this.#within(this.#publishFence().then(() => this.#publishHello(false)));
    }
    if (!this.#publisher.fault) {
      await this.#within(new Promise((resolve) => client.end(false, {}, () => resolve(undefined))));
    }
    this.#publisher.lose(new Unreachable("session closed"));
    await learnedOf(config).pace?.month?.saveLast();
  }

  async #within(work: Promise<unknown>): Promise<void> {
    const enough = new AbortController();
    const { clock } = this.#options.context;
    // A goodbye that fails changes nothing: the will says the same.
    const done = work.catch(() => {});
    await Promise.race([done, clock.sleep(CLOSE_TIMEOUT_MS, enough.signal)]);
    enough.abort();
  }
}

function bodyBytesOf({ entries }: Batch): number {
  return entries.reduce((sum, one) => sum + (one.kind === "gap" ? 0 : one.body.byteLength), 0);
}

function wireBytesOfAll(messages: readonly Message[]): number {
  return messages.reduce((sum, message) => sum + wireBytesOf(packetBytesOf(message)), 0);
}
