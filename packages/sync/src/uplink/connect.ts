import { readFile } from "node:fs/promises";
import { type Context, Misconfigured, Unreachable } from "@headgate/model";
import type { IClientOptions, IConnackPacket, MqttClient } from "mqtt";
import { brokerAddress } from "../broker-address.ts";
import type { Dial } from "../dial.ts";
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
  /** The server knows us from before. Only asked for with delivery "broker+hold". */
  readonly isSessionPresent: boolean;
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
  readonly dial: Dial;
}

/** MQTT 5, 3.2.2.3.3: absent means 65,535. */
const RECEIVE_MAXIMUM = 65_535;
/** So long a server may know us while we are away. */
const SESSION_SECONDS = 86_400;
/** MQTT, 2.1.4: the largest packet that can be written. */
const PACKET_BYTES_MAX = 268_435_455;

/** One fresh client, of MQTT 5 or, where the server wants that, 3.1.1. */
export async function connect(options: ConnectOptions, context: Context): Promise<Connected> {
  const { config, dial } = options;
  const learned = learnedOf(config);
  const settings = await clientOptions(options);
  const tried = (version: 4 | 5) => attempt(config, settings, { version, context, dial });
  if (config.protocol !== "auto")
    return connectedOrThrow(await tried(config.protocol === "5" ? 5 : 4));
  const memory = learned.version;
  const version = memory.first;
  let outcome = await tried(version);
  const isSaid = outcome.kind === "version-unknown" && outcome.isSaid;
  const isUnknown = outcome.kind === "version-unknown";
  if (isUnknown && memory.mayFallBack(version, isSaid)) outcome = await tried(4);
  // One that is away taught nothing.
  if (outcome.kind === "connected") memory.connected(outcome.connected.version, isSaid);
  else if (outcome.kind !== "failed") memory.unanswered(version);
  return connectedOrThrow(outcome);
}

type Outcome =
  | { readonly kind: "connected"; readonly connected: Connected }
  /** The server says that it does not speak the version, or ended the connection without a word. */
  | { readonly kind: "version-unknown"; readonly fault: Error; readonly isSaid: boolean }
  /** The server took the connection and said nothing. */
  | { readonly kind: "silent"; readonly fault: Error }
  | { readonly kind: "failed"; readonly fault: Error };

function connectedOrThrow(outcome: Outcome): Connected {
  if (outcome.kind !== "connected") throw outcome.fault;
  return outcome.connected;
}

interface Attempt {
  readonly version: 4 | 5;
  readonly context: Context;
  readonly dial: Dial;
}

async function attempt(
  config: MqttConfig,
  settings: IClientOptions,
  { version, context, dial }: Attempt,
): Promise<Outcome> {
  if (context.signal.aborted) throw new Unreachable("connect: the gateway is stopping");
  const startedAtMs = context.clock.monotonicMs();
  const client = await dial({
    ...brokerAddress(config.url),
    ...settings,
    protocolVersion: version,
    ...(version === 5 && !settings.clean
      ? { properties: { sessionExpiryInterval: SESSION_SECONDS } }
      : {}),
    // Else 65,536 small buffers are made for all numbers a packet may hold.
    writeCache: false,
  });
  try {
    const connack = await welcomed(client, context.signal);
    const isSessionPresent = connack.sessionPresent;
    const { receiveMaximum = RECEIVE_MAXIMUM, maximumPacketSize = PACKET_BYTES_MAX } =
      connack.properties ?? {};
    const limits = { receiveMaximum, packetBytesMax: maximumPacketSize };
    return { kind: "connected", connected: { client, version, isSessionPresent, ...limits } };
  } catch (error) {
    client.end(true);
    // The library's timeout shows as a close: what took that long was silence.
    const waitedMs = context.clock.monotonicMs() - startedAtMs;
    const isLate = waitedMs >= 0.9 * config.connectTimeout;
    return failure(error, { config, version, isLate });
  }
}

function failure(
  error: unknown,
  { config, version, isLate }: { config: MqttConfig; version: 4 | 5; isLate: boolean },
): Outcome {
  const where = `connect "${withoutLogin(config.url)}"`;
  if (isVersionRefused(error)) {
    const text = `${where}: server does not speak mqtt ${version === 5 ? "5" : "3.1.1"}`;
    const fault = new Unreachable(`${text}; check protocol`);
    return { kind: "version-unknown", fault, isSaid: true };
  }
  if (isBeforeMqtt(error)) return { kind: "failed", fault: connectFault(config.url, error) };
  if (isLate) {
    const text = `${where}: no answer within ${config.connectTimeout} ms; check host and port`;
    return { kind: "silent", fault: new Unreachable(text) };
  }
  return { kind: "version-unknown", fault: connectFault(config.url, error), isSaid: false };
}

function welcomed(client: MqttClient, signal: AbortSignal): Promise<IConnackPacket> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Unreachable("connect: the gateway is stopping"));
    signal.addEventListener("abort", abort, { once: true });
    const settle = (action: () => void) => {
      signal.removeEventListener("abort", abort);
      action();
    };
    if (signal.aborted) abort();
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
    // A server that still has our session has lost nothing of what it took for others.
    clean: config.delivery !== "broker+hold",
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

/** A file that the settings name; null where they name none. */
export async function fileOf(
  config: MqttConfig,
  name: "ca" | "cert" | "key",
): Promise<Buffer | null> {
  const path = config[name];
  if (path === undefined) return null;
  try {
    return await readFile(path);
  } catch (cause) {
    throw new Misconfigured(`read ${name} "${path}": not readable; check the path`, { cause });
  }
}
