import { randomUUID } from "node:crypto";
import { type Context, extentOf, type Stream, Unreachable } from "@headgate/model";
import { type Dial, dial } from "../dial.ts";
import { encodeMessage, type Request } from "../protocol/messages.ts";
import {
  ackTopic,
  DEFAULT_ROOT,
  dataTopic,
  helloTopic,
  recordTopic,
  requestTopic,
  shardRoot,
} from "../protocol/topics.ts";
import { PROTOCOL_VERSION } from "../protocol/wire-code.ts";
import { ACK_EPOCHS_MAX, ackOf } from "./ack-of.ts";
import { AckSchedule } from "./ack-schedule.ts";
import { Admission } from "./admission.ts";
import { expectNames } from "./expect-names.ts";
import { HoleWatch, type Seen } from "./hole-watch.ts";
import { Inbox } from "./inbox.ts";
import { Intake } from "./intake.ts";
import { type BrokerAccess, isWordlessLoss, openMqttLink } from "./mqtt-link.ts";
import { Outbox, type Outgoing } from "./outbox.ts";
import { isBehind } from "./own-word.ts";
import { PointListWait } from "./point-list-wait.ts";
import { Lags, type ReceiveMeter } from "./receive-meter.ts";
import type { Arrival, Store, Verdict } from "./store.ts";

const COMMIT_INTERVAL_MS = 200;
const GAP_TIMEOUT_MS = 10_000;
/** At first, where the broker kept nothing for us: what was sent while we were away is gone. */
const FRESH_GAP_TIMEOUT_MS = 1000;
/** How often holes are looked for. */
const SWEEP_MS = 1000;
/** Who loses a line so soon after it was made may have been put out by another of the same name. */
const SOON_MS = 90_000;
/** What the last acks may take, and then the goodbye. */
const LAST_WORD_MS_MAX = 3000;
const GOODBYE_MS_MAX = 1000;

/** How to receive. */
export interface ReceiveOptions extends BrokerAccess {
  readonly store: Store;
  /** One word for one store: gateways keep a cursor for each. Default "main". */
  readonly receiverId?: string;
  readonly root?: string;
  /** Only gateways of this shard, whose topics are `<root>/<shard>/…`. */
  readonly shard?: string;
  /** So long nothing fills a hole before it is asked for. Default 10 s. */
  readonly gapTimeoutMs?: number;
  /** What all gateways together may send of backlogs; they are told their share. */
  readonly backlogBytesPerSecondMax?: number;
  /** Longest wait for more before a commit. Default 200 ms. */
  readonly commitIntervalMs?: number;
  /** Counts what is done, for metrics. */
  readonly meter?: ReceiveMeter;
  /** Opens the client; of the `mqtt` package if absent. */
  readonly dial?: Dial;
}

/**
 * Keeps what the gateways under `root` send and acknowledges it, for one connection to the broker.
 * Resolves once `context.signal` aborted and what came in is committed and acknowledged. Rejects
 * with `Unreachable` when the broker or the store is lost: open both anew.
 */
export async function receive(
  options: ReceiveOptions,
  context: Context,
  onHealthy: () => void,
): Promise<void> {
  const receiverId = options.receiverId ?? "main";
  expectNames(options);
  const receiving = new Receiving(options, receiverId, context);
  await receiving.run(onHealthy);
}

class Receiving {
  readonly #options: ReceiveOptions;
  readonly #context: Context;
  readonly #receiverId: string;
  readonly #root: string;
  readonly #session = randomUUID().slice(0, 8);
  readonly #inbox = new Inbox();
  readonly #intake: Intake;
  readonly #acks = new AckSchedule();
  readonly #holes: HoleWatch;
  readonly #admission: Admission;
  readonly #listWait: PointListWait;
  #wake: () => void = () => {};
  #loss: { readonly error: unknown } | null = null;
  #committedMs = Number.NEGATIVE_INFINITY;
  #sweptMs = Number.NEGATIVE_INFINITY;
  #upMs = Number.POSITIVE_INFINITY;
  #isEnding = false;
  #requestCount = 0;

  constructor(options: ReceiveOptions, receiverId: string, context: Context) {
    const { root: top = DEFAULT_ROOT, shard, gapTimeoutMs = GAP_TIMEOUT_MS } = options;
    const { clock, log } = context;
    const root = shardRoot(top, shard);
    this.#options = options;
    this.#context = context;
    this.#receiverId = receiverId;
    this.#root = root;
    this.#intake = new Intake({ root, inbox: this.#inbox, clock, log, meter: options.meter });
    this.#holes = new HoleWatch(gapTimeoutMs);
    this.#admission = new Admission(options.backlogBytesPerSecondMax ?? Number.POSITIVE_INFINITY);
    this.#listWait = new PointListWait(gapTimeoutMs);
  }

  async run(onHealthy: () => void): Promise<void> {
    const { clock, signal } = this.#context;
    const link = await openMqttLink({
      access: this.#options,
      clientId: this.#clientId,
      take: (topic, payload, goOn) => this.#take(topic, payload, goOn),
      hearRetained: (topic, payload) => this.#intake.hearRetained(topic, payload),
      signal,
      dial: this.#options.dial ?? dial,
    });
    const onLost = (error: unknown) => this.#lose(error);
    link.lost.catch(onLost);
    const outbox = new Outbox({ link, clock, onLost, onRoom: () => this.#wake() });
    const onAbort = () => this.#wake();
    signal.addEventListener("abort", onAbort);
    try {
      if (link.isFresh) this.#holes.hurry(FRESH_GAP_TIMEOUT_MS);
      await link.subscribe(this.#topics());
      this.#upMs = clock.monotonicMs();
      onHealthy();
      for (const gatewayId of this.#options.store.gatewayIds()) this.#acks.note(gatewayId, 0);
      while (!signal.aborted && this.#loss === null) await this.#turn(outbox);
      this.#isEnding = true;
      // What the broker was thanked for is worth keeping, whatever ended the session.
      while (!this.#inbox.isEmpty) await this.#commit();
      if (this.#loss !== null) throw this.#loss.error;
      await this.#sayLast(outbox);
    } finally {
      signal.removeEventListener("abort", onAbort);
      const { meter, store } = this.#options;
      // A line that breaks is no reason to count anew, nor to say that nothing is missing.
      if (signal.aborted) meter?.forget([...store.gatewayIds(), ...this.#intake.hellos.keys()]);
      await this.#within(GOODBYE_MS_MAX, link.close());
      link.cut();
      outbox.close();
    }
  }

  /** A shard's session goes with the shard: whoever has it next puts the one before out. */
  get #clientId(): string {
    const { shard } = this.#options;
    return `headgate-receiver-${this.#receiverId}${shard === undefined ? "" : `-${shard}`}`;
  }

  #topics(): string[] {
    const data = dataTopic(this.#root, "+", "main", "l").replace(/\/d\/.*$/, "/d/#");
    const records = recordTopic(this.#root, "+", "main").replace(/\/m\/.*$/, "/m/#");
    const own = ackTopic(this.#root, "+", this.#receiverId);
    return [data, records, helloTopic(this.#root, "+"), own];
  }

  #take(topic: string, payload: Uint8Array, goOn: () => void): void {
    // Not taken, not acknowledged: the broker keeps it for the next session.
    if (this.#isEnding) return;
    const wasEmpty = this.#inbox.isEmpty;
    this.#intake.take(topic, payload);
    if (wasEmpty || this.#inbox.hasSlice) this.#wake();
    this.#inbox.whenRoom(goOn);
  }

  #lose(error: unknown): void {
    this.#loss ??= { error: this.#suspect(error) };
    this.#wake();
  }

  /** Not every broker tells whom it puts out that it did. */
  #suspect(error: unknown): unknown {
    const isSoon = this.#context.clock.monotonicMs() - this.#upMs < SOON_MS;
    if (!isSoon || !isWordlessLoss(error)) return error;
    const what = `${error.message} soon after it was made`;
    const who = `does another receiver use id "${this.#receiverId}"?`;
    return new Unreachable(`${what}; if that repeats: ${who}`, { cause: error });
  }

  async #turn(outbox: Outbox): Promise<void> {
    const { clock } = this.#context;
    await this.#idle(this.#waitMs(outbox));
    for (const [gatewayId, ack] of this.#intake.takeAcks()) {
      if (await isBehind(this.#options.store, gatewayId, ack)) await this.#startAnew(gatewayId);
    }
    const nowMs = clock.monotonicMs();
    const isDue = this.#inbox.hasSlice || nowMs >= this.#committedMs + this.#commitIntervalMs;
    if (!this.#inbox.isEmpty && isDue) await this.#commit();
    for (const gatewayId of this.#acks.takeDue(clock.monotonicMs(), outbox.room)) {
      void outbox.send(this.#ackFor(gatewayId));
    }
    for (const { gatewayId, hash } of this.#listWait.takeDue(nowMs)) {
      this.#ask(outbox, gatewayId, { op: "points", hash });
    }
    if (nowMs >= this.#sweptMs + SWEEP_MS) this.#sweep(outbox, nowMs);
  }

  /** Our own word at the broker says more than the store holds: it was restored from a backup. */
  async #startAnew(gatewayId: string): Promise<void> {
    const { store } = this.#options;
    if (!store.startAnew) return;
    await store.startAnew();
    const text = "the store has less than it once acknowledged: gateways are asked to send again";
    this.#context.log.warn(text, { gateway: gatewayId, incarnation: store.incarnation });
    for (const id of store.gatewayIds()) this.#acks.note(id, 0);
    this.#acks.note(gatewayId, 0);
  }

  get #commitIntervalMs(): number {
    return this.#options.commitIntervalMs ?? COMMIT_INTERVAL_MS;
  }

  #waitMs(outbox: Outbox): number {
    const nowMs = this.#context.clock.monotonicMs();
    const times = [this.#sweptMs + SWEEP_MS];
    if (!outbox.isFull) times.push(this.#acks.nextMs);
    if (!this.#inbox.isEmpty) times.push(this.#committedMs + this.#commitIntervalMs);
    // Always a turn of the event loop, so that the broker is heard between two commits.
    return this.#inbox.hasSlice ? 0 : Math.max(0, Math.min(...times) - nowMs);
  }

  async #idle(durationMs: number): Promise<void> {
    const { clock, signal } = this.#context;
    const waking = new AbortController();
    this.#wake = () => waking.abort();
    if (signal.aborted || this.#loss !== null) return;
    await clock.sleep(durationMs, waking.signal);
  }

  async #commit(): Promise<void> {
    const { store } = this.#options;
    const { clock } = this.#context;
    for (const list of this.#inbox.takeLists()) {
      await store.addPointList(list);
      this.#inbox.add(this.#listWait.take(list.hash));
    }
    const slice = this.#inbox.takeSlice();
    const beginMs = clock.monotonicMs();
    const verdicts = await store.commit(slice, clock.nowMs());
    this.#committedMs = clock.monotonicMs();
    this.#options.meter?.committed(slice, verdicts, this.#committedMs - beginMs);
    slice.forEach((arrival, index) => {
      this.#judge(arrival, verdicts[index] as Verdict);
    });
    this.#inbox.release();
  }

  #judge(arrival: Arrival, verdict: Verdict): void {
    const { gatewayId, entry } = arrival;
    if (verdict === "unlisted") this.#listWait.add(arrival);
    if (verdict === "refused" || verdict === "conflict") {
      const number = extentOf(entry).first;
      const { stream, epoch } = entry;
      const isRefused = verdict === "refused";
      const what = isRefused ? "cannot be kept" : "came with other contents than before";
      this.#context.log.warn(`a block ${what}`, { gateway: gatewayId, stream, epoch, number });
    }
    if (verdict === "unlisted" || verdict === "refused") return;
    this.#acks.note(gatewayId, verdict === "stored" ? 1 : 0);
  }

  #ackFor(gatewayId: string): Outgoing {
    const { store } = this.#options;
    const ack = ackOf(store.standing(gatewayId, ACK_EPOCHS_MAX), {
      receiverId: this.#receiverId,
      incarnation: store.incarnation,
      nowMs: this.#context.clock.nowMs(),
      limits: this.#admission.limits,
    });
    const topic = ackTopic(this.#root, gatewayId, this.#receiverId);
    return { topic, payload: encodeMessage(ack), retain: true };
  }

  #sweep(outbox: Outbox, nowMs: number): void {
    this.#sweptMs = nowMs;
    const all = [...this.#allSeen()];
    this.#admission.count(all);
    const lags = new Lags();
    for (const seen of all) {
      lags.add(seen);
      const { gatewayId, stream: st, epoch: ep } = seen;
      for (const { first: lo, last: hi } of this.#holes.due(seen, nowMs)) {
        this.#context.log.info("asking for a hole", { gateway: gatewayId, st, ep, lo, hi });
        this.#ask(outbox, gatewayId, { op: "resend", st, ep, lo, hi });
      }
    }
    for (const [gatewayId, lag] of lags) this.#options.meter?.stands(gatewayId, lag, nowMs);
  }

  /** Every epoch of every gateway that is not known to be away. */
  *#allSeen(): Generator<Seen> {
    const { store } = this.#options;
    for (const gatewayId of new Set([...store.gatewayIds(), ...this.#intake.hellos.keys()])) {
      const hello = this.#intake.hellos.get(gatewayId);
      if (hello?.online === false) continue;
      const standing = store.standing(gatewayId, ACK_EPOCHS_MAX);
      for (const { stream, epoch, covered } of standing) {
        const told = hello?.streams?.find(({ st, ep }) => st === stream && ep === epoch);
        const target = Math.max(covered.at(-1)?.last ?? 0, told?.durable ?? 0);
        yield { gatewayId, stream, epoch, covered, target };
      }
      for (const { st: stream, ep: epoch, durable: target } of hello?.streams ?? []) {
        if (standing.some((one) => one.stream === stream && one.epoch === epoch)) continue;
        yield { gatewayId, stream, epoch, covered: [], target };
      }
    }
  }

  #ask(outbox: Outbox, gatewayId: string, what: Wish): void {
    if (outbox.isFull) return;
    const id = `${this.#session}-${this.#requestCount++}`;
    const request: Request = { v: PROTOCOL_VERSION, id, ...what };
    const topic = requestTopic(this.#root, gatewayId, this.#receiverId);
    void outbox.send({ topic, payload: encodeMessage(request), retain: false });
  }

  /** The acks that are still owed. One that does not get through is told at the next start. */
  async #sayLast(outbox: Outbox): Promise<void> {
    const owed = this.#acks.takeAll(this.#context.clock.monotonicMs());
    const told = owed.map((gatewayId) => outbox.send(this.#ackFor(gatewayId)));
    await this.#within(LAST_WORD_MS_MAX, Promise.all(told));
  }

  async #within(durationMs: number, work: Promise<unknown>): Promise<void> {
    const enough = new AbortController();
    await Promise.race([work, this.#context.clock.sleep(durationMs, enough.signal)]);
    enough.abort();
  }
}

type Wish =
  | { readonly op: "points"; readonly hash: string }
  | {
      readonly op: "resend";
      readonly st: Stream;
      readonly ep: string;
      readonly lo: number;
      readonly hi: number;
    };
