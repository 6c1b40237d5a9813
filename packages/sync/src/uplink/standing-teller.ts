import type { BlockRange, Context, UplinkPort } from "@headgate/model";
import { encodeMessage } from "../protocol/messages.ts";
import { fenceTopic, helloTopic } from "../protocol/topics.ts";
import type { MqttConfig } from "./config.ts";
import type { Publisher } from "./publisher.ts";

interface About {
  readonly config: MqttConfig;
  readonly port: UplinkPort;
  readonly context: Context;
  /** Names the session. */
  readonly session: string;
}

/** Keeps the retained hello and fence true: how far this gateway is, and how far it has sent. */
export class StandingTeller {
  readonly #about: About;
  readonly #publisher: Publisher;
  /** Highest number sent, by stream and epoch, of this session. */
  readonly #sent = new Map<string, BlockRange>();
  #told = "";

  constructor(about: About, publisher: Publisher) {
    this.#about = about;
    this.#publisher = publisher;
  }

  noteSent(range: BlockRange): void {
    const key = `${range.stream}/${range.epoch}`;
    const before = this.#sent.get(key);
    if (!before || before.last < range.last) this.#sent.set(key, range);
  }

  async publishIfChanged(): Promise<void> {
    const text = JSON.stringify(this.#about.port.standing());
    if (text === this.#told) return;
    await this.publishHello(true);
    await this.#publishFence();
  }

  /** Fence and goodbye. */
  async publishLast(): Promise<void> {
    await this.#publishFence();
    await this.publishHello(false);
  }

  async publishHello(isOnline: boolean): Promise<void> {
    const { config, port, context, session } = this.#about;
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
    const { config, port } = this.#about;
    const current = port.standing();
    const isCurrent = ({ stream, epoch }: BlockRange) =>
      current.some((our) => our.stream === stream && our.epoch === epoch);
    const sent = [...this.#sent.values()].filter(isCurrent);
    const streams = await Promise.all(sent.map((range) => this.#fenceOf(range)));
    if (streams.length === 0) return;
    const payload = encodeMessage({ v: 1, streams });
    const topic = fenceTopic(config.root, port.gatewayId);
    await this.#publisher.publish({ topic, payload, retain: true });
  }

  async #fenceOf({ stream, epoch, last }: BlockRange) {
    const hash = await this.#about.port.hashOf?.({ stream, epoch, seq: last });
    return { st: stream, ep: epoch, next: last + 1, ...(hash ? { h: hash } : {}) };
  }
}
