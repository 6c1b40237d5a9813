import {
  type Batch,
  type Block,
  type Context,
  type Entry,
  Refused,
  type UplinkPort,
} from "@headgate/model";
import { MalformedBlock } from "../block/format.ts";
import type { Carried, Carrier } from "./carrier.ts";
import { type JsonObject, jsonGap, jsonObjects, jsonThinned } from "./json-messages.ts";
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
    if (entry.kind === "thinned") return [jsonThinned(gatewayId, entry)];
    return this.#objectsOfBlock(entry);
  }

  async #objectsOfBlock(block: Block): Promise<JsonObject[]> {
    const { port, context } = this.#options;
    if (block.kind === "media" && !this.#isMediaTold) {
      this.#isMediaTold = true;
      context.log.warn("format json carries no pictures, only the samples that name them");
    }
    if (block.kind !== "data" || block.sampleCount === 0) return [];
    const list = await port.pointList(block.schemaHash);
    const what = `encode block ${block.seq} as json`;
    if (!list) throw new Refused(`${what}: its point list ${block.schemaHash} is unknown`);
    try {
      return jsonObjects(port.gatewayId, block, list);
    } catch (cause) {
      if (!(cause instanceof MalformedBlock || cause instanceof RangeError)) throw cause;
      throw new Refused(`${what}: its body is unreadable`, { cause });
    }
  }
}
