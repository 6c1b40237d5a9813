import { readFile } from "node:fs/promises";
import { type Context, Misconfigured, Unreachable } from "@headgate/model";
import type { IClientOptions, IConnackPacket, MqttClient } from "mqtt";
import type { MqttConfig } from "./config.ts";
import { connectFault, isBeforeMqtt, isVersionRefused, withoutLogin } from "./connect-fault.ts";
import { learnedOf } from "./learned.ts";

/** A client that has just been welcomed. */
export interface Connected {
  readonly client: MqttClient;
  readonly version: 4 | 5;
  /** Of the server; what it does not say is unlimited. */
  readonly receiveMaximum: number;
  readonly packetBytesMax: number;
}

/** What the server tells others when this session is lost. */
export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
}

export interface ConnectOptions {
  readonly config: MqttConfig;
  readonly clientId: string;
  readonly will: Will | null;
}

/** MQTT 5, 3.2.2.3.3: absent means 65,535. */
const RECEIVE_MAXIMUM = 65_535;
/** MQTT, 2.1.4: the largest packet that can be written. */
const PACKET_BYTES_MAX = 268_435_455;

/** One fresh client, of MQTT 5 or, where the server wants that, 3.1.1. */
export async function connect(options: ConnectOptions, context: Context): Promise<Connected> {
  const { config } = options;
  const learned = learnedOf(config);
  const settings = await clientOptions(options);
  if (config.protocol !== "auto") {
    return attempt(config, settings, { version: config.protocol === "5" ? 5 : 4, context });
  }
  const version = learned.version ?? 5;
  try {
    const connected = await attempt(config, settings, { version, context });
    learned.version = version;
    return connected;
  } catch (error) {
    const isFallback = version === 5 && error instanceof VersionUnknown;
    if (!isFallback) {
      // A server may answer neither: then the versions take turns.
      learned.version = version === 5 && error instanceof Silent ? 4 : undefined;
      throw error;
    }
  }
  const connected = await attempt(config, settings, { version: 4, context });
  learned.version = 4;
  return connected;
}

/** The server does not speak the version asked for, or ended the connection over it. */
class VersionUnknown extends Unreachable {}
/** The server took the connection and said nothing. */
class Silent extends Unreachable {}

interface Attempt {
  readonly version: 4 | 5;
  readonly context: Context;
}

async function attempt(
  config: MqttConfig,
  settings: IClientOptions,
  { version, context }: Attempt,
): Promise<Connected> {
  // Loaded late: a gateway without this uplink should not pay for it.
  const { default: mqtt } = await import("mqtt");
  if (context.signal.aborted) throw new Unreachable("connect: the gateway is stopping");
  const client = mqtt.connect(config.url, { ...settings, protocolVersion: version });
  try {
    const connack = await welcomed(client, context.signal);
    const { receiveMaximum, maximumPacketSize } = connack.properties ?? {};
    return {
      client,
      version,
      receiveMaximum: receiveMaximum ?? RECEIVE_MAXIMUM,
      packetBytesMax: maximumPacketSize ?? PACKET_BYTES_MAX,
    };
  } catch (error) {
    client.end(true);
    const where = `connect "${withoutLogin(config.url)}"`;
    if (isVersionRefused(error)) {
      throw new VersionUnknown(`${where}: server does not speak mqtt ${version}; set protocol`);
    }
    if (error instanceof Error && error.message === "connack timeout") {
      throw new Silent(`${where}: no answer within ${config.connectTimeout} ms`);
    }
    if (isBeforeMqtt(error)) throw connectFault(config.url, error);
    const text = error instanceof Error ? error.message : String(error);
    throw new VersionUnknown(`${where}: ${text}`);
  }
}

function welcomed(client: MqttClient, signal: AbortSignal): Promise<IConnackPacket> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Unreachable("connect: the gateway is stopping"));
    signal.addEventListener("abort", abort, { once: true });
    const settle = (action: () => void) => {
      signal.removeEventListener("abort", abort);
      action();
    };
    client.once("connect", (connack) => settle(() => resolve(connack)));
    client.once("close", () => settle(() => reject(new Error("server closed the connection"))));
    // Stays for the client's life: without a listener, a later error would end the process.
    client.on("error", (error) => settle(() => reject(error)));
  });
}

async function clientOptions({ config, clientId, will }: ConnectOptions): Promise<IClientOptions> {
  const { username, password, rejectUnauthorized } = config;
  const [ca, cert, key] = await Promise.all(
    (["ca", "cert", "key"] as const).map((name) => fileOf(config, name)),
  );
  return {
    clientId,
    clean: true,
    keepalive: Math.max(1, Math.round(config.keepalive / 1000)),
    connectTimeout: config.connectTimeout,
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
    rejectUnauthorized,
    log: () => {},
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    ...(will
      ? { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true } }
      : {}),
  };
}

async function fileOf(config: MqttConfig, name: "ca" | "cert" | "key"): Promise<Buffer | null> {
  const path = config[name];
  if (path === undefined) return null;
  try {
    return await readFile(path);
  } catch (cause) {
    throw new Misconfigured(`read ${name} "${path}": not readable; check the path`, { cause });
  }
}
