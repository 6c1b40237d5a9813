import type { Block, Gap, PointList } from "@headgate/model";
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

  constructor(id: string, list: PointList, client: MqttClient) {
    this.id = id;
    this.#list = list;
    this.#client = client;
  }

  static async connect(url: string, id: string, list: PointList): Promise<MadeGateway> {
    const client = await mqtt.connectAsync(url, { reconnectPeriod: 0 });
    const gateway = new MadeGateway(id, list, client);
    client.on("error", () => {});
    client.on("message", (topic, payload) => {
      if (topic.includes("/req/")) gateway.requests.push(parseRequest(payload));
      else {
        gateway.ack = parseAck(payload);
        gateway.ackCount++;
      }
    });
    await client.subscribeAsync([`${ROOT}/${id}/ack/+`, `${ROOT}/${id}/req/+`], { qos: 1 });
    return gateway;
  }

  async sendList(): Promise<void> {
    const record = encodePointList({ gatewayId: this.id, ...this.#list });
    await this.#send(recordTopic(ROOT, this.id, "main"), record);
  }

  async send(entries: readonly (Block | Gap)[], format: "blocks" | "blocks-json" = "blocks") {
    const pointListOf = () => this.#list;
    const frame = encodeFrame({ format, gatewayId: this.id, lane: "l", entries, pointListOf });
    await this.#send(dataTopic(ROOT, this.id, "main", "l"), frame);
  }

  async sayHello(epoch: string, durable: number): Promise<void> {
    const hello = encodeMessage({
      v: 1,
      gw: this.id,
      online: true,
      streams: [{ st: "main", ep: epoch, next: durable + 1, durable, oldest: 1 }],
    });
    await this.#client.publishAsync(helloTopic(ROOT, this.id), Buffer.from(hello), {
      qos: 1,
      retain: true,
    });
  }

  /** Says anything on any topic. */
  async #send(topic: string, payload: Uint8Array): Promise<void> {
    await this.#client.publishAsync(topic, Buffer.from(payload), { qos: 1 });
  }

  async babble(text: string): Promise<void> {
    await this.#send(dataTopic(ROOT, this.id, "main", "l"), Buffer.from(text));
  }

  close(): void {
    this.#client.end(true);
  }
}
