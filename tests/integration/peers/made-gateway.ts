import type { Entry, PointList } from "@headgate/model";
import {
  type Ack,
  dataTopic,
  encodeFrame,
  encodeMessage,
  encodePointList,
  helloTopic,
  parseAck,
  parseRequest,
  type Request,
  recordTopic,
} from "@headgate/sync/protocol";
import mqtt, { type MqttClient } from "mqtt";

const ROOT = "headgate/1";

/** A gateway's side of the protocol, told what to send; keeps what receivers say. */
export class MadeGateway {
  readonly id: string;
  readonly requests: Request[] = [];
  ack: Ack | null = null;
  ackCount = 0;
  readonly #client: MqttClient;
  readonly #list: PointList;
  readonly #root: string;

  constructor(id: string, list: PointList, { client, root }: { client: MqttClient; root: string }) {
    this.id = id;
    this.#list = list;
    this.#client = client;
    this.#root = root;
  }

  static async connect(
    url: string,
    id: string,
    list: PointList,
    shard?: string,
  ): Promise<MadeGateway> {
    const client = await mqtt.connectAsync(url, { reconnectPeriod: 0 });
    const root = shard === undefined ? ROOT : `${ROOT}/${shard}`;
    const gateway = new MadeGateway(id, list, { client, root });
    client.on("error", () => {});
    client.on("message", (topic, payload) => {
      if (topic.includes("/req/")) gateway.requests.push(parseRequest(payload));
      else {
        gateway.ack = parseAck(payload);
        gateway.ackCount++;
      }
    });
    await client.subscribeAsync([`${root}/${id}/ack/+`, `${root}/${id}/req/+`], { qos: 1 });
    return gateway;
  }

  async sendList(): Promise<void> {
    const record = encodePointList({ gatewayId: this.id, ...this.#list });
    await this.#send(recordTopic(this.#root, this.id, "main"), record);
  }

  async send(entries: readonly Entry[], format: "blocks" | "blocks-json" = "blocks") {
    const pointListOf = () => this.#list;
    const frame = encodeFrame({ format, gatewayId: this.id, lane: "l", entries, pointListOf });
    await this.#send(dataTopic(this.#root, this.id, "main", "l"), frame);
  }

  async sayHello(epoch: string, durable: number): Promise<void> {
    const hello = encodeMessage({
      v: 1,
      gw: this.id,
      online: true,
      streams: [{ st: "main", ep: epoch, next: durable + 1, durable, oldest: 1 }],
    });
    await this.#client.publishAsync(helloTopic(this.#root, this.id), Buffer.from(hello), {
      qos: 1,
      retain: true,
    });
  }

  /** Says anything on any topic. */
  async #send(topic: string, payload: Uint8Array): Promise<void> {
    await this.#client.publishAsync(topic, Buffer.from(payload), { qos: 1 });
  }

  async babble(text: string): Promise<void> {
    await this.#send(dataTopic(this.#root, this.id, "main", "l"), Buffer.from(text));
  }

  close(): void {
    this.#client.end(true);
  }
}
