import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type BlockRange, type Context, Unreachable, type UplinkPort } from "@headgate/model";
import type { MqttClient } from "mqtt";
import { z } from "zod";
import { holdTopic } from "../protocol/topics.ts";
import type { MqttConfig } from "./config.ts";
import { HoldBook } from "./hold-book.ts";
import type { Message } from "./message.ts";
import { readIfThere, replaceFile } from "./small-file.ts";

const FILE = "hold.json";
/** A broker that does not even send us our own message keeps no marks either. */
const ANSWER_MS_MAX = 5_000;

const markSchema = z.object({ id: z.string(), mark: z.number().optional() });

/** A fresh connection, and whether the server knows us from before. */
interface Greeted {
  readonly client: MqttClient;
  readonly isSessionPresent: boolean;
}

/** What the keeper works with. */
export interface HoldLent {
  readonly config: MqttConfig;
  readonly port: UplinkPort;
  readonly context: Context;
}

/** Delivery "broker+hold": keeps the book of what a broker has taken, and its file. */
export class HoldKeeper {
  readonly book: HoldBook;
  readonly #lent: HoldLent;
  readonly #path: string;
  #isFailed = false;

  private constructor(book: HoldBook, path: string, lent: HoldLent) {
    this.book = book;
    this.#path = path;
    this.#lent = lent;
  }

  static async open(lent: HoldLent): Promise<HoldKeeper> {
    const path = join(lent.context.directory, FILE);
    const { hold } = lent.config;
    try {
      return new HoldKeeper(HoldBook.from(await readIfThere(path), hold), path, lent);
    } catch (error) {
      const { log } = lent.context;
      log.warn(`"${path}" is not readable: what the broker took is sent again`, { error });
      return new HoldKeeper(HoldBook.from(null, hold), path, lent);
    }
  }

  /** Asks a broker what it still knows, at the start of a session. */
  async resume({ client, isSessionPresent }: Greeted): Promise<void> {
    const { clock, log } = this.#lent.context;
    const mark = await this.#markOn(client);
    const forgotten = this.book.resume({ mark, isSessionPresent }, clock.monotonicMs());
    const blocks = forgotten.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    if (blocks > 0) log.warn("the broker has forgotten blocks it took; sent again", { blocks });
  }

  /** The retained message that tells how much the broker has; null where the last one says it. */
  markMessage(): Message | null {
    const mark = this.book.nextMark();
    if (mark === null) return null;
    const payload = Buffer.from(JSON.stringify({ id: this.book.id, mark }));
    return { topic: this.#topic, payload, retain: true };
  }

  /** What was held for long enough by now. */
  release(): readonly BlockRange[] {
    return this.book.release(this.#lent.context.clock.monotonicMs());
  }

  took(ranges: readonly BlockRange[]): void {
    this.book.took(ranges, this.#lent.context.clock.monotonicMs());
  }

  /** What a crash loses of it is only sent twice. */
  async save(): Promise<void> {
    try {
      await replaceFile(this.#path, this.book.toText());
      this.#isFailed = false;
    } catch (error) {
      const text = `"${this.#path}" not written: after a restart more is sent again`;
      if (!this.#isFailed) this.#lent.context.log.warn(text, { error });
      this.#isFailed = true;
    }
  }

  async pause(): Promise<void> {
    this.book.pause(this.#lent.context.clock.monotonicMs());
    await this.save();
  }

  get #topic(): string {
    const { config, port } = this.#lent;
    return holdTopic(config.root, port.gatewayId, port.uplinkId);
  }

  /** A message of our own comes after what is retained: then all is said. */
  async #markOn(client: MqttClient): Promise<number | null> {
    const { context } = this.#lent;
    const probe = randomUUID();
    let mark: number | null = null;
    const said = new AbortController();
    const hear = (topic: string, payload: Uint8Array) => {
      if (topic !== this.#topic) return;
      const parsed = parse(payload);
      if (parsed?.id === this.book.id) mark = parsed.mark ?? mark;
      if (parsed?.id === probe) said.abort();
    };
    const lose = () => said.abort();
    client.on("message", hear);
    client.once("close", lose);
    try {
      // Where it may not be, or no answer comes: then there is no mark.
      const fail = () => said.abort();
      client.subscribeAsync(this.#topic, { qos: 1 }).then(() => {
        client.publish(this.#topic, JSON.stringify({ id: probe }), { qos: 1 });
      }, fail);
      await context.clock.sleep(ANSWER_MS_MAX, AbortSignal.any([said.signal, context.signal]));
    } finally {
      client.off("message", hear);
      client.off("close", lose);
    }
    if (!client.connected) throw new Unreachable("connection lost: while asking for our mark");
    return mark;
  }
}

function parse(payload: Uint8Array): z.infer<typeof markSchema> | null {
  try {
    return markSchema.parse(JSON.parse(Buffer.from(payload).toString("utf8")));
  } catch {
    // Not ours: whoever else writes there is not listened to.
    return null;
  }
}
