import { randomUUID } from "node:crypto";
import { lookup } from "node:dns/promises";
import { connect as connectPort, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import {
  type Context,
  describeError,
  Misconfigured,
  Unreachable,
  type UplinkPort,
  type UplinkStep,
} from "@headgate/model";
import type { MqttClient } from "mqtt";
import { brokerAddress } from "../broker-address.ts";
import type { Dial } from "../dial.ts";
import { ackTopic, probeTopic } from "../protocol/topics.ts";
import type { MqttConfig } from "./config.ts";
import { connect, fileOf } from "./connect.ts";
import { connectFault } from "./connect-fault.ts";
import { publishProbe } from "./probe.ts";

interface Tested {
  readonly config: MqttConfig;
  readonly port: Pick<UplinkPort, "gatewayId">;
  readonly dial: Dial;
}

const DEFAULT_PORTS = { mqtt: 1883, mqtts: 8883, ws: 80, wss: 443 } as const;

/**
 * Goes the way to the server step by step, as a client of another name, so that a session that is
 * up stays so; ends with the step that fails. Publishes one message that means nothing.
 */
export async function testConnection(
  tested: Tested,
  context: Context,
): Promise<readonly UplinkStep[]> {
  const steps: UplinkStep[] = [];
  const { clock } = context;
  const go = async <T>(
    step: UplinkStep["step"],
    run: () => Promise<readonly [detail: string, T]>,
  ): Promise<T | null> => {
    if (steps.some(({ outcome }) => outcome === "failed")) return null;
    const startedMs = clock.monotonicMs();
    const told = (outcome: UplinkStep["outcome"], detail: string) =>
      steps.push({ step, outcome, tookMs: clock.monotonicMs() - startedMs, detail });
    try {
      const [detail, result] = await run();
      told("ok", detail);
      return result;
    } catch (error) {
      told("failed", describeError(faultOf(tested.config.url, error)));
      return null;
    }
  };
  const { config, port, dial } = tested;
  const address = brokerAddress(config.url);
  const place = { host: address.host, port: address.port ?? DEFAULT_PORTS[address.protocol] };
  await go("name", () => resolve(place.host));
  await go("port", () => openPort(place, config));
  if (/^(mqtts|wss)$/.test(address.protocol)) await go("tls", () => greetTls(place, config));
  const client = await go("login", () => login({ config, port, dial }, context));
  if (!client) return steps;
  try {
    if (config.delivery === "receiver") {
      await go("subscribe", () => subscribe(client, tested, context));
    }
    const topic = probeTopic(config.root, port.gatewayId);
    await go("publish", async () => {
      await publishProbe(client, topic, { config, context });
      return [topic, null];
    });
  } finally {
    client.end(true);
  }
  return steps;
}

function faultOf(url: string, error: unknown): unknown {
  const isOurs = error instanceof Unreachable || error instanceof Misconfigured;
  return isOurs ? error : connectFault(url, error);
}

async function resolve(host: string): Promise<readonly [string, null]> {
  if (isIP(host) !== 0) return [host, null];
  const all = await lookup(host, { all: true });
  return [all.map(({ address }) => address).join(", "), null];
}

interface Place {
  readonly host: string;
  readonly port: number;
}

async function openPort(
  { host, port }: Place,
  { connectTimeout }: MqttConfig,
): Promise<readonly [string, null]> {
  const socket = connectPort({ host, port, timeout: connectTimeout });
  await opened(socket, "connect", connectTimeout);
  socket.destroy();
  return [`${host}:${port}`, null];
}

async function greetTls(
  { host, port }: Place,
  config: MqttConfig,
): Promise<readonly [string, null]> {
  const { rejectUnauthorized, connectTimeout: timeout } = config;
  const [ca, cert, key] = await Promise.all(
    (["ca", "cert", "key"] as const).map((name) => fileOf(config, name)),
  );
  const socket = connectTls({
    ...{ host, port, rejectUnauthorized, timeout },
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
  });
  await opened(socket, "secureConnect", timeout);
  const { subject, valid_to: until } = socket.getPeerCertificate();
  const detail = `${socket.getProtocol()}, ${subject?.CN ?? host}, until ${until}`;
  socket.destroy();
  return [detail, null];
}

function opened(socket: Socket | TLSSocket, event: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.once("timeout", () => {
      socket.destroy();
      reject(new Unreachable(`no answer within ${timeoutMs} ms; check host and port`));
    });
    // Stays: one that is destroyed may still fail.
    socket.on("error", reject);
  });
}

async function login(
  { config, port, dial }: Tested,
  context: Context,
): Promise<readonly [string, MqttClient]> {
  // A copy: what is learnt of the server here is not what the session has learnt.
  const own: MqttConfig = { ...config, delivery: "broker" };
  const clientId = `headgate-test-${port.gatewayId}-${randomUUID().slice(0, 8)}`;
  const { client, version } = await connect({ config: own, clientId, will: null, dial }, context);
  return [`MQTT ${version === 5 ? "5" : "3.1.1"}`, client];
}

async function subscribe(
  client: MqttClient,
  { config, port }: Tested,
  context: Context,
): Promise<readonly [string, null]> {
  const topic = ackTopic(config.root, port.gatewayId, "+");
  const granted = await within(client.subscribeAsync(topic, { qos: 1 }), config, context);
  if (granted.some(({ qos }) => qos > 2)) {
    throw new Misconfigured(`subscribe to "${topic}": refused; check the server's access list`);
  }
  return [topic, null];
}

async function within<T>(work: Promise<T>, { ackTimeout }: MqttConfig, context: Context) {
  const enough = new AbortController();
  const late = context.clock.sleep(ackTimeout, enough.signal).then((): never => {
    throw new Unreachable(`no answer within ${ackTimeout} ms`);
  });
  // The one that comes second is heard by nobody.
  late.catch(() => null);
  try {
    return await Promise.race([work, late]);
  } finally {
    enough.abort();
  }
}
