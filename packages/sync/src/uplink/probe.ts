import { type Context, Unreachable } from "@headgate/model";
import type { MqttClient } from "mqtt";
import type { MqttConfig } from "./config.ts";
import { withoutLogin } from "./connect-fault.ts";

const PAYLOAD = JSON.stringify({ v: 1, probe: true });
/** MQTT 5: from here on a code is a refusal. */
const REFUSED_FROM = 0x80;

/** Has the server take a message that means nothing. */
export async function publishProbe(
  client: MqttClient,
  topic: string,
  { config, context }: { config: MqttConfig; context: Context },
): Promise<void> {
  const where = `publish to "${topic}" at "${withoutLogin(config.url)}"`;
  const { ackTimeout } = config;
  const enough = new AbortController();
  const answered = new Promise<void>((resolve, reject) => {
    client.once("close", () => reject(new Unreachable(`${where}: connection lost`)));
    client.publish(topic, PAYLOAD, { qos: 1 }, (error, packet) => {
      const { reasonCode = 0 } = (packet ?? {}) as { reasonCode?: number };
      const code = error && "code" in error && typeof error.code === "number" ? error.code : 0;
      const refusal = Math.max(reasonCode, code);
      if (refusal >= REFUSED_FROM) {
        const text = `refused with code ${refusal}; check the server's access list`;
        reject(new Unreachable(`${where}: ${text}`));
      } else if (error) reject(new Unreachable(where, { cause: error }));
      else resolve();
    });
  });
  const late = context.clock.sleep(ackTimeout, enough.signal).then(() => {
    if (!enough.signal.aborted) throw new Unreachable(`${where}: no answer in ${ackTimeout} ms`);
  });
  try {
    await Promise.race([answered, late]);
  } finally {
    enough.abort();
  }
}
