import { BadFrame } from "../protocol/bad-frame.ts";
import { isSoundName } from "../protocol/check-names.ts";
import { decodeFrame } from "../protocol/decode-frame.ts";
import { type Ack, ackFrom, type Hello, parseHello } from "../protocol/messages.ts";
import { decodePointList } from "../protocol/point-list-record.ts";
import { type ParsedTopic, parseTopic } from "../protocol/topics.ts";
import type { Inbox } from "./inbox.ts";
import { OfAnother, Refusals, type RefusalsLent } from "./refusals.ts";

/** Gateways whose standing is known at a time; whoever comes beyond them is not listened to. */
const GATEWAYS_MAX = 100_000;

interface IntakeOptions extends RefusalsLent {
  readonly root: string;
  readonly inbox: Inbox;
}

/** Sorts messages: blocks, gaps and point lists into the inbox, hellos to hand. */
export class Intake {
  /** The latest of each gateway. */
  readonly hellos = new Map<string, Hello>();
  #acks = new Map<string, Ack>();
  readonly #options: IntakeOptions;
  readonly #refusals: Refusals;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#refusals = new Refusals(options);
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
    this.#orRefuse(topic, () => {
      this.#acks.set(parsed.gatewayId, ackFrom(parsed.receiverId, payload));
    });
  }

  /** Never throws on what a gateway sends. */
  take(topic: string, payload: Uint8Array): void {
    this.#orRefuse(topic, () => this.#sort(topic, payload));
  }

  #sort(topic: string, payload: Uint8Array): void {
    const parsed = parseTopic(this.#options.root, topic);
    if (parsed === null) throw new BadFrame("the topic is none of the protocol's");
    if (!isSoundName(parsed.gatewayId)) throw new BadFrame("the topic has no sound gateway id");
    if (parsed.kind === "data") this.#takeFrame(parsed, payload);
    else if (parsed.kind === "record") this.#takeRecord(parsed, payload);
    else if (parsed.kind === "hello" && payload.length > 0) {
      this.#takeHello(parsed.gatewayId, parseHello(payload));
    }
  }

  #orRefuse(topic: string, take: () => void): void {
    try {
      take();
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
      this.#refusals.add(topic, error);
    }
  }

  /** The last will says only "offline": what the gateway has is still what it said before. */
  #takeHello(gatewayId: string, hello: Hello): void {
    expectSame(hello.gw, gatewayId);
    if (this.hellos.size >= GATEWAYS_MAX && !this.hellos.has(gatewayId)) {
      throw new BadFrame(`more than ${GATEWAYS_MAX} gateways have told of themselves`);
    }
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
  throw new OfAnother(`the payload names gateway "${inPayload}", the topic "${inTopic}"`);
}
