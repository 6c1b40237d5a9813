import { randomUUID } from "node:crypto";
import { type Context, Misconfigured, Unreachable } from "@headgate/model";
import { encodeMessage, type Request } from "../protocol/messages.ts";
import {
  ackTopic,
  DEFAULT_ROOT,
  dataTopic,
  helloTopic,
  recordTopic,
  requestTopic,
} from "../protocol/topics.ts";
import { PROTOCOL_VERSION } from "../protocol/wire-code.ts";
import { ACK_EPOCHS_MAX, ackOf } from "./ack-of.ts";
import { AckSchedule } from "./ack-schedule.ts";
import { HoleWatch, type Seen } from "./hole-watch.ts";
import { Inbox } from "./inbox.ts";
import { Intake } from "./intake.ts";
import { type BrokerAccess, type MqttLink, openMqttLink } from "./mqtt-link.ts";
import { PointListWait } from "./point-list-wait.ts";
import type { Arrival, Store, Verdict } from "./store.ts";

const COMMIT_INTERVAL_MS = 200;
const GAP_TIMEOUT_MS = 10_000;
/** How often holes are looked for. */
const SWEEP_MS = 1000;
/** Messages of ours the broker has not acknowledged; acks beyond it wait for their next turn. */
const IN_FLIGHT_MAX = 20;
/** The broker has lost interest, or the line is half open. */
const PUBLISH_MS_MAX = 15_000;

/** How to receive. */
export interface ReceiveOptions extends BrokerAccess {
  readonly store: Store;
  /** One word for one store: gateways keep a cursor for each. Default "main". */
  readonly receiverId?: string;
  readonly root?: string;
  /** So long nothing fills a hole before it is asked for. Default 10 s. */
  readonly gapTimeoutMs?: number;
  /** Longest wait for more before a commit. Default 200 ms. */
  readonly commitIntervalMs?: number;
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
  if (!/^[^/#+\0]{1,200}$/.test(receiverId)) {
    throw new Misconfigured(`receiver id "${receiverId}": one topic level, without / # +`);
  }
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
  readonly #listWait: PointListWait;
  #wake: () => void = () => {};
  #loss: { readonly error: unknown } | null = null;
  #committedMs = Number.NEGATIVE_INFINITY;
  #sweptMs = Number.NEGATIVE_INFINITY;
  #isEnding = false;
  #requestCount = 0;
  readonly #inFlight = new Set<number>();
  #publishCount = 0;

  constructor(options: ReceiveOptions, receiverId: string, context: Context) {
    const { root = DEFAULT_ROOT, gapTimeoutMs = GAP_TIMEOUT_MS } = options;
    const { clock, log } = context;
    this.#options = options;
    this.#context = context;
    this.#receiverId = receiverId;
    this.#root = root;
    this.#intake = new Intake({ root, inbox: this.#inbox, clock, log });
    this.#holes = new HoleWatch(gapTimeoutMs);
    this.#listWait = new PointListWait(gapTimeoutMs);
  }

  async run(onHealthy: () => void): Promise<void> {
    const { signal } = this.#context;
    const link = await openMqttLink(
      this.#options,
      `headgate-receiver-${this.#receiverId}`,
      (topic, payload, goOn) => this.#take(topic, payload, goOn),
    );
    link.lost.catch((error: unknown) => this.#lose(error));
    const onAbort = () => this.#wake();
    signal.addEventListener("abort", onAbort);
    try {
      await link.subscribe(this.#topics());
      onHealthy();
      for (const gatewayId of this.#options.store.gatewayIds()) this.#acks.note(gatewayId, 0);
      while (!signal.aborted && this.#loss === null) await this.#turn(link);
      this.#isEnding = true;
      // What the broker was thanked for is worth keeping, whatever ended the session.
      while (!this.#inbox.isEmpty) await this.#commit();
      if (this.#loss !== null) throw this.#loss.error;
      await this.#sayLast(link);
    } finally {
      signal.removeEventListener("abort", onAbort);
      await link.close();
    }
  }

  #topics(): string[] {
    const data = dataTopic(this.#root, "+", "main", "l").replace(/\/d\/.*$/, "/d/#");
    const records = recordTopic(this.#root, "+", "main").replace(/\/m\/.*$/, "/m/#");
    return [data, records, helloTopic(this.#root, "+")];
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
    this.#loss ??= { error };
    this.#wake();
  }

  async #turn(link: MqttLink): Promise<void> {
    const { clock } = this.#context;
    await this.#idle(this.#waitMs());
    const nowMs = clock.monotonicMs();
    const isDue = this.#inbox.hasSlice || nowMs >= this.#committedMs + this.#commitIntervalMs;
    if (!this.#inbox.isEmpty && isDue) await this.#commit();
    this.#publishAcks(link, this.#acks.takeDue(clock.monotonicMs()));
    for (const { gatewayId, hash } of this.#listWait.takeDue(nowMs)) {
      this.#ask(link, gatewayId, { op: "points", hash });
    }
    if (nowMs >= this.#sweptMs + SWEEP_MS) this.#sweep(link, nowMs);
  }

  get #commitIntervalMs(): number {
    return this.#options.commitIntervalMs ?? COMMIT_INTERVAL_MS;
  }

  #waitMs(): number {
    const nowMs = this.#context.clock.monotonicMs();
    const times = [this.#acks.nextMs, this.#sweptMs + SWEEP_MS];
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
    const verdicts = await store.commit(slice, clock.nowMs());
    this.#committedMs = clock.monotonicMs();
    slice.forEach((arrival, index) => {
      this.#judge(arrival, verdicts[index] as Verdict);
    });
    this.#inbox.release();
  }

  #judge(arrival: Arrival, verdict: Verdict): void {
    const { gatewayId, entry } = arrival;
    if (verdict === "unlisted") this.#listWait.add(arrival);
    if (verdict === "refused" || verdict === "conflict") {
      const number = entry.kind === "gap" ? entry.first : entry.seq;
      const { stream, epoch } = entry;
      const what = verdict === "refused" ? "is damaged" : "came with other contents than before";
      this.#context.log.warn(`a block ${what}`, { gateway: gatewayId, stream, epoch, number });
    }
    if (verdict === "unlisted" || verdict === "refused") return;
    this.#acks.note(gatewayId, verdict === "stored" ? 1 : 0);
  }

  #publishAcks(link: MqttLink, gatewayIds: readonly string[]): void {
    const { store } = this.#options;
    const nowMs = this.#context.clock.nowMs();
    const by = { receiverId: this.#receiverId, incarnation: store.incarnation, nowMs };
    for (const gatewayId of gatewayIds) {
      if (this.#inFlight.size >= IN_FLIGHT_MAX) {
        this.#acks.note(gatewayId, 0);
        continue;
      }
      const ack = ackOf(store.standing(gatewayId, ACK_EPOCHS_MAX), by);
      const topic = ackTopic(this.#root, gatewayId, this.#receiverId);
      this.#publish(link, { topic, payload: encodeMessage(ack), retain: true });
    }
  }

  #publish(link: MqttLink, message: Outgoing): void {
    const { clock } = this.#context;
    const id = this.#publishCount++;
    const answered = new AbortController();
    this.#inFlight.add(id);
    const { topic, payload, retain } = message;
    const done = link.publish(topic, payload, { retain }).catch((error: unknown) => {
      const why = "publish to broker: it does not take our messages; check rights and network";
      this.#lose(new Unreachable(why, { cause: error }));
    });
    void done.then(() => {
      this.#inFlight.delete(id);
      answered.abort();
    });
    void clock.sleep(PUBLISH_MS_MAX, answered.signal).then(() => {
      if (answered.signal.aborted) return;
      this.#lose(new Unreachable(`publish to broker: no answer within ${PUBLISH_MS_MAX} ms`));
    });
  }

  #sweep(link: MqttLink, nowMs: number): void {
    this.#sweptMs = nowMs;
    for (const seen of this.#allSeen()) {
      const { gatewayId, stream: st, epoch: ep } = seen;
      for (const { first: lo, last: hi } of this.#holes.due(seen, nowMs)) {
        this.#context.log.info("asking for a hole", { gateway: gatewayId, st, ep, lo, hi });
        this.#ask(link, gatewayId, { op: "resend", st, ep, lo, hi });
      }
    }
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

  #ask(link: MqttLink, gatewayId: string, what: Wish): void {
    if (this.#inFlight.size >= IN_FLIGHT_MAX) return;
    const id = `${this.#session}-${this.#requestCount++}`;
    const request: Request = { v: PROTOCOL_VERSION, id, ...what };
    const topic = requestTopic(this.#root, gatewayId, this.#receiverId);
    this.#publish(link, { topic, payload: encodeMessage(request), retain: false });
  }

  /** The acks that are still owed, and the broker's word that it has them. */
  async #sayLast(link: MqttLink): Promise<void> {
    const { clock } = this.#context;
    const enough = new AbortController();
    const store = this.#options.store;
    const by = { receiverId: this.#receiverId, incarnation: store.incarnation };
    const sent = this.#acks.takeDue(clock.monotonicMs(), true).map((gatewayId) => {
      const standing = store.standing(gatewayId, ACK_EPOCHS_MAX);
      const payload = encodeMessage(ackOf(standing, { ...by, nowMs: clock.nowMs() }));
      return link.publish(ackTopic(this.#root, gatewayId, this.#receiverId), payload, {
        retain: true,
      });
    });
    // An ack that does not get through is told again at the next start.
    const told = Promise.allSettled(sent);
    await Promise.race([told, clock.sleep(3000, enough.signal)]);
    enough.abort();
  }
}

interface Outgoing {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain: boolean;
}

type Wish =
  | { readonly op: "points"; readonly hash: string }
  | {
      readonly op: "resend";
      readonly st: "main" | "media";
      readonly ep: string;
      readonly lo: number;
      readonly hi: number;
    };
