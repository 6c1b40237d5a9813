import { randomUUID } from "node:crypto";
import {
  type Context,
  Misconfigured,
  Unreachable,
  type Uplink,
  type UplinkPort,
} from "@headgate/model";
import type { MqttClient } from "mqtt";
import { type Dial, dial } from "../dial.ts";
import { encodeMessage } from "../protocol/messages.ts";
import { ackTopic, fenceTopic, helloTopic, requestTopic } from "../protocol/topics.ts";
import { BlockCarrier } from "./block-carrier.ts";
import { type MqttConfig, mqttConfigSchema } from "./config.ts";
import { connect } from "./connect.ts";
import { HoldKeeper, type HoldLent } from "./hold-keeper.ts";
import { JsonCarrier } from "./json-carrier.ts";
import { learnedOf } from "./learned.ts";
import { MqttSession } from "./mqtt-session.ts";
import { paceOf } from "./pace-of.ts";
import { testConnection } from "./test-connection.ts";

/** Sends to an MQTT broker: packed blocks or JSON, confirmed by a receiver or by the broker. */
export const createMqttUplink = (dial: Dial): Uplink<MqttConfig> => ({
  type: "mqtt",
  configSchema: mqttConfigSchema,
  test: (config, port, context) => testConnection({ config, port, dial }, context),

  async open(config, port, context) {
    const { format, root } = config;
    const { gatewayId, uplinkId } = port;
    const isJson = format === "json";
    const offline = encodeMessage({ v: 1, gw: gatewayId, online: false });
    const will = isJson ? null : { topic: helloTopic(root, gatewayId), payload: offline };
    const clientId = config.clientId ?? `headgate-${gatewayId}-${uplinkId}`;
    const connected = await connect({ config, clientId, will, dial }, context);
    let blocks: BlockCarrier | undefined;
    const { budget } = await paceOf(config, port, context);
    const hold = await holdOf({ config, port, context });
    const options = { connected, config, port, context, session: randomUUID(), budget, hold };
    const session = new MqttSession({
      ...options,
      carrierOf: ({ payloadBytesMax }) => {
        if (isJson) return new JsonCarrier({ root, port, context });
        blocks = new BlockCarrier({ format, root, port, context, payloadBytesMax });
        return blocks;
      },
      ...(isJson
        ? {}
        : { recordOf: async (hash: string) => (await blocks?.recordOf(hash)) ?? null }),
    });
    try {
      await hold?.resume(connected);
      await listen(connected.client, config, { port, context });
      await session.greet();
    } catch (error) {
      await session.close();
      throw error;
    }
    return session;
  },
});

/** The `mqtt` uplink over real connections. */
export const mqttUplink = createMqttUplink(dial);

/** Of delivery "broker+hold"; it outlives the session. */
async function holdOf(lent: HoldLent): Promise<HoldKeeper | null> {
  if (lent.config.delivery !== "broker+hold") return null;
  const learned = learnedOf(lent.config);
  learned.hold ??= await HoldKeeper.open(lent);
  return learned.hold;
}

/**
 * Asks for what concerns this gateway; retained acknowledgements come at once. Without a receiver
 * that counts there may still be one that misses blocks: what it asks for is sent again.
 */
async function listen(
  client: MqttClient,
  { root, ackTimeout, delivery, format }: MqttConfig,
  { port, context }: { port: UplinkPort; context: Context },
): Promise<void> {
  const { gatewayId } = port;
  const requests = requestTopic(root, gatewayId, "+");
  if (delivery !== "receiver") {
    if (format === "json") return;
    client.subscribe(requests, { qos: 1 }, (error, granted) => {
      // A server that is no place for it, or a connection that is lost, which others notice.
      if (!error && granted?.every(({ qos }) => qos <= 2)) return;
      context.log.debug("requests to send again will not be heard", { topic: requests, error });
    });
    return;
  }
  const topics = [fenceTopic(root, gatewayId), ackTopic(root, gatewayId, "+"), requests];
  const enough = new AbortController();
  const subscribed = new Promise<void>((resolve, reject) => {
    client.once("close", () => reject(new Unreachable("subscribe: connection lost")));
    client.subscribe(topics, { qos: 1 }, (error, granted) => {
      const refused = granted?.find(({ qos }) => qos > 2);
      if (refused) {
        const text = `subscribe to "${refused.topic}": refused; check the server's access list`;
        reject(new Misconfigured(text));
      } else if (error) reject(new Unreachable("subscribe", { cause: error }));
      else resolve();
    });
  });
  const late = context.clock.sleep(ackTimeout, enough.signal).then(() => {
    if (!enough.signal.aborted) throw new Unreachable(`subscribe: no answer in ${ackTimeout} ms`);
  });
  try {
    await Promise.race([subscribed, late]);
  } finally {
    enough.abort();
  }
}
