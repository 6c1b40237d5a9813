import type { Clock, Log } from "@headgate/model";
import { BadFrame } from "../protocol/bad-frame.ts";
import { decodeFrame } from "../protocol/decode-frame.ts";
import { type Ack, type Hello, parseAck, parseHello } from "../protocol/messages.ts";
import { decodePointList } from "../protocol/point-list-record.ts";
import { type ParsedTopic, parseTopic } from "../protocol/topics.ts";
import type { Inbox } from "./inbox.ts";

/** A gateway that sends nonsense is named in the log once in this time. */
const COMPLAINT_PAUSE_MS = 60_000;

interface IntakeOptions {
  readonly root: string;
  readonly inbox: Inbox;
  readonly clock: Clock;
  readonly log: Log;
}

/** Sorts messages: blocks, gaps and point lists into the inbox, hellos to hand. */
export class Intake {
  /** The latest of each gateway. */
  readonly hellos = new Map<string, Hello>();
  #acks = new Map<string, Ack>();
  readonly #options: IntakeOptions;
  readonly #complainedMs = new Map<string, number>();

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** What our acks said that the broker has kept, by gateway; each is given once. */
  takeAcks(): ReadonlyMap<string, Ack> {
    const acks = this.#acks;
    if (acks.size > 0) this.#acks = new Map();
    return acks;
  }

  /** Our own word of an earlier session. Never throws. */
  hearRetained(topic: string, payload: Uint8Array): void {
    const parsed = parseTopic(this.#options.root, topic);
    if (parsed?.kind !== "ack" || payload.length === 0) return;
    try {
      this.#acks.set(parsed.gatewayId, parseAck(payload));
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
      this.#complain(parsed.gatewayId, topic, error);
    }
  }

  /** Never throws on what a gateway sends. */
  take(topic: string, payload: Uint8Array): void {
    const parsed = parseTopic(this.#options.root, topic);
    if (parsed === null) return;
    try {
      if (parsed.kind === "data") this.#takeFrame(parsed, payload);
      else if (parsed.kind === "record") this.#takeRecord(parsed, payload);
      else if (parsed.kind === "hello" && payload.length > 0) {
        this.#takeHello(parsed.gatewayId, parseHello(payload));
      }
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
      this.#complain(parsed.gatewayId, topic, error);
    }
  }

  /** The last will says only "offline": what the gateway has is still what it said before. */
  #takeHello(gatewayId: string, hello: Hello): void {
    const streams = hello.streams ?? this.hellos.get(gatewayId)?.streams ?? [];
    this.hellos.set(gatewayId, { ...hello, streams });
  }

  #takeFrame({ gatewayId }: ParsedTopic, payload: Uint8Array): void {
    const frame = decodeFrame(payload);
    expectSame(frame.gatewayId, gatewayId);
    this.#options.inbox.add(frame.entries.map((entry) => ({ gatewayId, entry })));
  }

  #takeRecord(topic: ParsedTopic, payload: Uint8Array): void {
    const record = pointListIn(payload);
    if (record === null) this.#takeFrame(topic, payload);
    else {
      expectSame(record.gatewayId, topic.gatewayId);
      this.#options.inbox.addList(record);
    }
  }

  #complain(gatewayId: string, topic: string, error: BadFrame): void {
    const { clock, log } = this.#options;
    const lastMs = this.#complainedMs.get(gatewayId) ?? Number.NEGATIVE_INFINITY;
    if (clock.monotonicMs() - lastMs < COMPLAINT_PAUSE_MS) return;
    this.#complainedMs.set(gatewayId, clock.monotonicMs());
    log.warn("a message was dropped: it is not of the protocol", { topic, reason: error.message });
  }
}

function pointListIn(payload: Uint8Array) {
  try {
    return decodePointList(payload);
  } catch (error) {
    // The same topics carry gap records, which are frames.
    if (error instanceof BadFrame) return null;
    throw error;
  }
}

/** The broker's access rules go by topic: nobody speaks for another gateway. */
function expectSame(inPayload: string, inTopic: string): void {
  if (inPayload === inTopic) return;
  throw new BadFrame(`the payload names gateway "${inPayload}", the topic "${inTopic}"`);
}
