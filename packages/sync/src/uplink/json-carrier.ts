import {
  type Batch,
  type Block,
  type Context,
  type Entry,
  extentOf,
  Refused,
  type Thinned,
  type UplinkPort,
} from "@headgate/model";
import { MalformedBlock } from "../block/format.ts";
import type { Carried, Carrier } from "./carrier.ts";
import { type JsonObject, jsonGap, jsonObjects } from "./json-messages.ts";
import { jsonThinned } from "./json-thinned.ts";
import type { Message } from "./message.ts";

/** A block of 16 KiB may become thousands of messages: few blocks at a time bound the memory. */
const BATCH_BYTES_MAX = 16 * 1024;
const BATCHES_MAX = 4;

interface Options {
  readonly root: string;
  readonly port: UplinkPort;
  readonly context: Context;
}

/** Carries samples as plain JSON, one object per device and timestamp. */
export class JsonCarrier implements Carrier {
  readonly limits = { batchesMax: BATCHES_MAX, batchBytesMax: BATCH_BYTES_MAX };
  readonly #options: Options;
  #isMediaTold = false;

  constructor(options: Options) {
    this.#options = options;
  }

  async messagesOf(batch: Batch): Promise<Carried> {
    const { root, port } = this.#options;
    const data: Message[] = [];
    for (const entry of batch.entries) {
      for (const { device, json } of await this.#objectsOf(entry)) {
        const topic = `${root}/${port.gatewayId}${device === "" ? "" : `/${device}`}`;
        data.push({ topic, payload: Buffer.from(json) });
      }
    }
    return { records: [], data };
  }

  async #objectsOf(entry: Entry): Promise<JsonObject[]> {
    const { gatewayId } = this.#options.port;
    if (entry.kind === "gap") return [jsonGap(gatewayId, entry)];
    if (entry.kind === "media" && !this.#isMediaTold) {
      this.#isMediaTold = true;
      const { log } = this.#options.context;
      log.warn("format json carries no pictures, only the samples that name them");
    }
    const hasSamples = entry.kind === "data" && entry.sampleCount > 0;
    return hasSamples || entry.kind === "thinned" ? this.#objectsOfSamples(entry) : [];
  }

  async #objectsOfSamples(entry: Block | Thinned): Promise<JsonObject[]> {
    const { port } = this.#options;
    const list = await port.pointList(entry.schemaHash);
    const what = `encode block ${extentOf(entry).first} as json`;
    if (!list) throw new Refused(`${what}: its point list ${entry.schemaHash} is unknown`);
    try {
      if (entry.kind === "thinned") return jsonThinned(port.gatewayId, entry, list);
      return jsonObjects(port.gatewayId, entry, list);
    } catch (cause) {
      if (!(cause instanceof MalformedBlock || cause instanceof RangeError)) throw cause;
      throw new Refused(`${what}: its body is unreadable`, { cause });
    }
  }
}
