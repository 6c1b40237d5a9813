import mqtt, { type MqttClient } from "mqtt";
import type { StoredSample } from "../verify-record.ts";

interface JsonMessage {
  readonly ts: number;
  readonly values?: Readonly<Record<string, number | null>>;
  readonly ep: string;
  readonly seq?: number;
}

/** Null for a message that was damaged on its way: it has not come. */
function messageOf(payload: Uint8Array): JsonMessage | null {
  try {
    return JSON.parse(new TextDecoder().decode(payload)) as JsonMessage;
  } catch {
    return null;
  }
}

/** A subscriber with a session of its own that writes down plain JSON, each sample once. */
export class JsonRecorder {
  /** Samples that came again: at least once is all that a broker promises. */
  againCount = 0;
  readonly #client: MqttClient;
  readonly #blocks = new Map<string, Map<string, StoredSample>>();

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on("message", (topic, payload) => this.#hear(topic, payload));
    // It connects again by itself; without a listener an error would end this process.
    client.on("error", () => {});
  }

  static async start(url: string): Promise<JsonRecorder> {
    const clientId = "headgate-json-recorder";
    const options = { clientId, clean: false, reconnectPeriod: 200, keepalive: 2 } as const;
    const client = await mqtt.connectAsync(url, { ...options, protocolVersion: 4 });
    const recorder = new JsonRecorder(client);
    await client.subscribeAsync("headgate/json/#", { qos: 1 });
    return recorder;
  }

  /** By epoch and block; within one by their values: messages keep no other order for sure. */
  *samples(): Generator<StoredSample> {
    const blocks = [...this.#blocks.values()].map((samples) =>
      [...samples.values()].sort((one, other) => (one.value ?? 0) - (other.value ?? 0)),
    );
    const epochs = [...new Set(blocks.flat().map(({ epoch }) => epoch))];
    const place = ([first]: readonly StoredSample[]) =>
      first ? epochs.indexOf(first.epoch) * 2 ** 32 + first.block : 0;
    yield* blocks.sort((one, other) => place(one) - place(other)).flat();
  }

  get size(): number {
    let size = 0;
    for (const samples of this.#blocks.values()) size += samples.size;
    return size;
  }

  async stop(): Promise<void> {
    await this.#client.endAsync(true);
  }

  #hear(topic: string, payload: Uint8Array): void {
    const message = messageOf(payload);
    if (!message) return;
    const { ts: t, values, ep: epoch, seq: block } = message;
    if (!values || block === undefined) return;
    const key = `${epoch}/${block}`;
    const known = this.#blocks.get(key) ?? new Map<string, StoredSample>();
    this.#blocks.set(key, known);
    const device = topic.split("/").at(-1) ?? "";
    for (const [name, value] of Object.entries(values)) {
      const point = `${device}/${name}`;
      // A busy gateway may read a point twice in a millisecond.
      const place = `${point} ${t} ${value}`;
      if (known.has(place)) {
        this.againCount++;
        continue;
      }
      const quality = value === null ? "bad" : "good";
      known.set(place, { point, t, value, quality, epoch, block, index: known.size });
    }
  }
}
