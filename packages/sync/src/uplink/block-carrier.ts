import type { Batch, Context, PointList, UplinkPort } from "@headgate/model";
import { extentOf } from "@headgate/model";
import { encodeFrame } from "../protocol/encode-frame.ts";
import type { FrameFormat } from "../protocol/frame.ts";
import { encodePointList } from "../protocol/point-list-record.ts";
import { dataTopic, recordTopic } from "../protocol/topics.ts";
import type { Carried, Carrier, ListToTell } from "./carrier.ts";
import type { Message } from "./message.ts";

/** About three full blocks: fits every platform known, AWS IoT's 128 KB included. */
const BATCH_BYTES_MAX = 96 * 1024;
/** A packed byte becomes about eight of compressed JSON, and takes a microsecond to become it. */
const JSON_BATCH_BYTES_MAX = 12 * 1024;

interface Options {
  readonly format: FrameFormat;
  readonly root: string;
  readonly port: UplinkPort;
  readonly context: Context;
  readonly payloadBytesMax: number;
}

/** Carries blocks whole, one batch a message, with the point lists they refer to. */
export class BlockCarrier implements Carrier {
  readonly limits: Carrier["limits"];
  readonly #options: Options;
  /** Of this session; those that are unknown, too. */
  readonly #lists = new Map<string, Promise<PointList | null>>();

  constructor(options: Options) {
    this.#options = options;
    const { format, payloadBytesMax } = options;
    const bytesMax = format === "blocks" ? BATCH_BYTES_MAX : JSON_BATCH_BYTES_MAX;
    const batchBytesMax = Math.min(bytesMax, payloadBytesMax);
    this.limits = { batchesMax: Number.POSITIVE_INFINITY, batchBytesMax };
  }

  async messagesOf(batch: Batch): Promise<Carried> {
    const { format, root, port } = this.#options;
    const lists = new Map<string, PointList>();
    for (const entry of batch.entries) {
      if (entry.kind === "gap" || entry.schemaHash === "" || lists.has(entry.schemaHash)) continue;
      const list = await this.#listOf(entry.schemaHash);
      if (list) lists.set(list.hash, list);
    }
    const records = [...lists.values()].map((list): ListToTell => {
      return { hash: list.hash, isNeeded: format === "blocks", message: () => this.#record(list) };
    });
    const { lane, entries } = batch;
    const [head] = entries;
    if (!head) return { records, data: [] };
    const pointListOf = (hash: string) => lists.get(hash) ?? null;
    const payload = encodeFrame({ format, gatewayId: port.gatewayId, lane, entries, pointListOf });
    const topic = dataTopic(root, port.gatewayId, head.stream, lane);
    return { records, data: [{ topic, payload, properties: propertiesOf(batch, this.#options) }] };
  }

  /** A message that tells a point list again, or null where it is unknown. */
  async recordOf(hash: string): Promise<Message | null> {
    const list = await this.#options.port.pointList(hash);
    return list ? this.#record(list) : null;
  }

  #listOf(hash: string): Promise<PointList | null> {
    const known = this.#lists.get(hash);
    if (known) return known;
    const list = this.#options.port.pointList(hash).then((found) => {
      if (!found) this.#options.context.log.error("point list of a block is unknown", { hash });
      return found;
    });
    this.#lists.set(hash, list);
    return list;
  }

  #record(list: PointList): Message {
    const { root, port } = this.#options;
    const payload = encodePointList({ gatewayId: port.gatewayId, ...list });
    return { topic: recordTopic(root, port.gatewayId, "main"), payload };
  }
}

/** For routing without decoding; all of it is in the payload too. */
function propertiesOf(
  { lane, entries }: Batch,
  { format, port }: Options,
): NonNullable<Message["properties"]> {
  const [head] = entries;
  const latest = entries.at(-1);
  if (!head || !latest) return {};
  return {
    contentType: `application/vnd.headgate.block+${format === "blocks" ? "protobuf" : "json"}`,
    userProperties: {
      gw: port.gatewayId,
      st: head.stream,
      ep: head.epoch,
      b0: String(extentOf(head).first),
      b1: String(extentOf(latest).last),
      lane,
      ...(format === "blocks" ? {} : { ce: "gzip" }),
    },
  };
}
