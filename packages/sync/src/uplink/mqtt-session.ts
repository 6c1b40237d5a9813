import {
  type Batch,
  type BlockRange,
  type Context,
  extentOf,
  type Notice,
  type ReceiverAnswer,
  Refused,
  type Session,
  Unreachable,
  type UplinkPort,
} from "@headgate/model";
import { Bell } from "../drain/bell.ts";
import { rangesOf } from "../drain/ranges-of.ts";
import { BadFrame } from "../protocol/bad-frame.ts";
import { type Ack, ackFrom, type Fence, parseFence, parseRequest } from "../protocol/messages.ts";
import { parseTopic } from "../protocol/topics.ts";
import { AckBook, keyOf } from "./ack-book.ts";
import type { BlockCarrier } from "./block-carrier.ts";
import type { Budget } from "./budget.ts";
import type { Carrier } from "./carrier.ts";
import type { MqttConfig } from "./config.ts";
import type { Connected } from "./connect.ts";
import type { HoldKeeper } from "./hold-keeper.ts";
import { learnedOf } from "./learned.ts";
import { ListTeller } from "./list-teller.ts";
import type { Message } from "./message.ts";
import { PositionCheck } from "./position-check.ts";
import { Publisher } from "./publisher.ts";
import { StandingTeller } from "./standing-teller.ts";
import type { Suspicion, UnderWay } from "./suspicion.ts";
import { packetBytesOf, wireBytesOf } from "./wire-bytes.ts";

/** How often the retained hello and fence are brought up to date while blocks go out. */
const TEND_INTERVAL_MS = 10_000;
/** Where bytes are paid for: else these alone would be 200 MB a month. */
const THRIFTY_INTERVAL_MS = 60_000;
const CONFIRMATIONS = { receiver: "sent", "broker+hold": "held", broker: "taken" } as const;
/** What a goodbye may take. */
const CLOSE_TIMEOUT_MS = 1000;

export interface SessionOptions {
  readonly connected: Connected;
  readonly config: MqttConfig;
  readonly port: UplinkPort;
  readonly context: Context;
  readonly session: string;
  readonly budget: Budget;
  /** With delivery "broker+hold": what the broker took and is not trusted with yet. */
  readonly hold: HoldKeeper | null;
  readonly carrierOf: (publisher: Publisher) => Carrier;
  /** Present where blocks are carried whole: hello, acknowledgements and requests go with it. */
  readonly recordOf?: BlockCarrier["recordOf"];
}

/** One MQTT connection while it is up. */
export class MqttSession implements Session {
  readonly pace: Budget;
  readonly confirmation: Session["confirmation"];
  readonly #options: SessionOptions;
  readonly #publisher: Publisher;
  readonly #carrier: Carrier;
  readonly #acks: AckBook;
  readonly #notices: Notice[] = [];
  readonly #bell = new Bell();
  readonly #ending = new AbortController();
  readonly #underWay = new Set<UnderWay>();
  readonly #standing: StandingTeller;
  readonly #positions: PositionCheck;
  readonly #lists: ListTeller;
  #taken: Promise<void> = Promise.resolve();
  #closed: Promise<void> | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { connected, config, context, budget } = options;
    const onLost = (_fault: Error, isSuspect: boolean) => {
      if (isSuspect) this.#suspicion.closed([...this.#underWay]);
      this.#ending.abort();
      this.#bell.ring();
    };
    this.#publisher = new Publisher(connected, config, { context, budget, onLost });
    this.#lists = new ListTeller(this.#publisher, context.log);
    this.#standing = new StandingTeller(options, this.#publisher);
    this.#positions = new PositionCheck(options.port);
    this.pace = budget;
    this.#carrier = options.carrierOf(this.#publisher);
    this.#acks = new AckBook(config.receivers, this.#nowMs);
    this.confirmation = CONFIRMATIONS[config.delivery];
    connected.client.on("message", (topic, payload) => this.#heard(topic, payload));
    void this.#publisher.watch(this.#ending.signal);
  }

  /** As many batches as the server takes messages, and one slot of its own for live. */
  get limits(): Session["limits"] {
    const { batchesMax, batchBytesMax } = this.#carrier.limits;
    if (this.#suspicion.isCareful) return { batchesMax: 1, batchBytesMax };
    const slots = Math.max(2, this.#publisher.windowSize);
    return { batchesMax: Math.min(batchesMax, slots), batchBytesMax };
  }

  get held(): readonly BlockRange[] {
    return this.#options.hold?.book.held ?? [];
  }

  answers(): readonly ReceiverAnswer[] {
    return this.confirmation === "sent" ? this.#acks.answersAt(this.#nowMs) : [];
  }

  get #nowMs(): number {
    return this.#options.context.clock.monotonicMs();
  }

  get #suspicion(): Suspicion {
    return learnedOf(this.#options.config).suspicion;
  }

  async send(batch: Batch, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new Unreachable("send: aborted");
    const sent = { ranges: rangesOf(batch.entries), entryCount: batch.entries.length };
    this.#refuseCulprit(sent);
    this.#underWay.add(sent);
    try {
      await this.#publishAll(batch, signal);
    } finally {
      this.#underWay.delete(sent);
    }
    this.#suspicion.taken(sent.ranges);
    this.#options.hold?.took(sent.ranges);
    this.#noteSent(batch);
  }

  #refuseCulprit(sent: UnderWay): void {
    const verdict = this.#suspicion.judge(sent);
    if (verdict === "send") return;
    if (verdict === "culprit") this.#suspicion.clear();
    const [first] = sent.ranges;
    throw new Refused(`send block ${first?.first}: the server closes the connection over it`);
  }

  async #publishAll(batch: Batch, signal: AbortSignal): Promise<void> {
    const { records, data } = await this.#carrier.messagesOf(batch);
    await this.#unlessAborted(async () => {
      await Promise.all(records.map((list) => this.#lists.tell(list, batch.lane)));
      this.pace.learn(bodyBytesOf(batch), wireBytesOfAll(data));
      await Promise.all(data.map((message) => this.#publisher.publish(message, batch.lane)));
    }, signal);
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
    if (!head || !latest || this.confirmation !== "sent") return;
    const { stream, epoch } = head;
    const range = { stream, epoch, first: extentOf(head).first, last: extentOf(latest).last };
    this.#acks.sent(range, this.#nowMs);
    this.#standing.noteSent(range);
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
      if (parsed.kind === "ack") {
        const ack = ackFrom(parsed.receiverId, payload);
        this.#inOrder(() => this.#takeAck(ack), topic);
      }
      if (parsed.kind === "request") this.#answer(payload);
      if (parsed.kind === "fence") {
        const fence = parseFence(payload);
        this.#inOrder(() => this.#compareFence(fence), topic);
      }
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
      context.log.warn("message from a receiver is malformed, ignored", { topic, error });
    }
  }

  /** One after the other: an acknowledgement counts only after what speaks against it. */
  #inOrder(take: () => Promise<void>, topic: string): void {
    const { log } = this.#options.context;
    this.#taken = this.#taken.then(take).catch((error) => {
      log.warn("message from a receiver is not taken", { topic, error });
    });
  }

  async #takeAck(ack: Ack): Promise<void> {
    const differing = new Map<string, string>();
    for (const { st: stream, ep: epoch, max: seq, h: hash } of ack.streams) {
      if (hash === undefined) continue;
      const by = `receiver "${ack.c}"`;
      const reason = await this.#positions.differenceOf({ stream, epoch, seq, hash, by });
      if (reason) differing.set(keyOf(stream, epoch), reason);
    }
    const { port } = this.#options;
    const forked = ack.streams.map(({ ep }) => ep).filter((epoch) => port.isForked?.(epoch));
    const heard = { ack, standing: port.standing(), differing, forked, nowMs: this.#nowMs };
    const notices = this.#acks.hear(ack.c, heard);
    this.pace.limit(this.#acks.limitsAt(this.#nowMs));
    this.#tell(...notices);
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

  /** Our own word of how far we were: less now, or another block, tells that we went back. */
  async #compareFence({ streams }: Fence): Promise<void> {
    for (const { st: stream, ep: epoch, next, h: hash } of streams) {
      const standing = this.#options.port.standing();
      const ours = standing.find((one) => one.stream === stream && one.epoch === epoch);
      const seq = next - 1;
      let reason: string | null = null;
      if (ours && seq > ours.headSeq) {
        reason = `we had sent block ${seq} once, ours end at ${ours.headSeq} now`;
      } else if (ours && hash !== undefined) {
        const known = { stream, epoch, seq, hash, by: "our own word of an earlier session" };
        reason = await this.#positions.differenceOf(known);
      }
      if (reason === null) continue;
      this.#acks.diverge(stream, epoch);
      this.#tell({ kind: "diverged", stream, epoch, reason });
    }
  }

  /** Hello first, then all is kept up to date. Rejects if the server does not take it. */
  async greet(): Promise<void> {
    if (this.#options.recordOf) await this.#standing.publishHello(true);
    void this.#tend().catch((error) => {
      this.#options.context.log.debug("tending ended with the session", { error });
    });
  }

  async #tend(): Promise<void> {
    const { context, config } = this.#options;
    const isHolding = config.delivery === "broker+hold";
    const isThrifty = config.budget?.monthly !== undefined;
    const usualMs = isThrifty ? THRIFTY_INTERVAL_MS : TEND_INTERVAL_MS;
    const intervalMs = isHolding ? Math.min(usualMs, config.hold / 4) : usualMs;
    const isTelling = () => this.#options.recordOf && this.pace.status().mode !== "spent";
    while (!this.#ending.signal.aborted) {
      await context.clock.sleep(intervalMs, this.#ending.signal);
      if (this.#ending.signal.aborted) return;
      await this.#tendHold();
      if (isTelling()) await this.#unlessRefused(this.#standing.publishIfChanged());
    }
  }

  /** What is refused now may be taken the next time; what is held must be let go all the same. */
  async #unlessRefused(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#options.context.log.warn("the server takes no mark or standing of ours", { error });
    }
  }

  /** Leaves a mark on the broker, and lets go of what was held for long enough. */
  async #tendHold(): Promise<void> {
    const { hold } = this.#options;
    if (!hold) return;
    const mark = hold.markMessage();
    if (mark) await this.#unlessRefused(this.#publisher.publish(mark));
    const ranges = hold.release();
    if (ranges.length > 0) this.#tell({ kind: "acknowledged", ranges });
    if (mark || ranges.length > 0) await hold.save();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { config, connected, hold, recordOf } = this.#options;
    const { client } = connected;
    if (!this.#publisher.fault && recordOf) await this.#within(this.#standing.publishLast());
    if (!this.#publisher.fault) await this.#within(this.#tendHold());
    if (!this.#publisher.fault) {
      await this.#within(new Promise((resolve) => client.end(false, {}, () => resolve(undefined))));
    }
    this.#publisher.lose(new Unreachable("session closed"));
    await hold?.pause();
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
