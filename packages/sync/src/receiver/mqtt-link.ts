import { describeError, Misconfigured, Unreachable } from "@headgate/model";
import type { IClientOptions, IConnackPacket, MqttClient } from "mqtt";
import { brokerAddress } from "../broker-address.ts";
import type { Dial } from "../dial.ts";

const CONNECT_MS_MAX = 10_000;
/** A broker that answers nothing for 1.5 times this is gone. */
const KEEPALIVE_SECONDS = 15;
/** The broker keeps our session, and what it queued for it, so long. */
const SESSION_SECONDS = 7 * 86_400;

/** Where the broker is and who we are. Certificates and keys as PEM text. */
export interface BrokerAccess {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** The connection ended, and nobody said why. */
class LostWithoutWord extends Unreachable {
  readonly isWordless = true;
}

/** Whether an error says that a connection ended, and nobody said why. */
export function isWordlessLoss(error: unknown): error is Unreachable {
  return error instanceof Unreachable && "isWordless" in error;
}

/** Takes a message in; `goOn` asks for the next one. */
export type Take = (topic: string, payload: Uint8Array, goOn: () => void) => void;

/** One connection to a broker, from its CONNACK to its end. Never reconnects. */
export interface MqttLink {
  /** Rejects with `Unreachable` when the connection is lost. Never resolves. */
  readonly lost: Promise<never>;
  /** The broker kept nothing for us: it does not know our session. */
  readonly isFresh: boolean;
  subscribe(topics: readonly string[]): Promise<void>;
  /** QoS 1; resolves with the broker's acknowledgement. */
  publish(topic: string, payload: Uint8Array, options: { retain: boolean }): Promise<void>;
  /** Says goodbye once the broker has answered all messages: it may never. Never rejects. */
  close(): Promise<void>;
  /** Cuts the line, whatever is pending. */
  cut(): void;
}

/** What a link needs. */
export interface LinkOptions {
  readonly access: BrokerAccess;
  readonly clientId: string;
  readonly take: Take;
  /** Told at once of each message that the broker had kept; it is taken as well. */
  readonly hearRetained?: (topic: string, payload: Uint8Array) => void;
  /** Gives up connecting. A link that is up is ended by `close`. */
  readonly signal: AbortSignal;
  readonly dial: Dial;
}

/** Connects with a persistent session: MQTT 5, or 3.1.1 where the broker knows no better. */
export async function openMqttLink(options: LinkOptions): Promise<MqttLink> {
  const what = `connect to broker ${describeUrl(options.access.url)}`;
  try {
    return await connect(options, 5);
  } catch (error) {
    if (options.signal.aborted || !mayKnowOnlyOlder(error)) throw faultOf(error, what);
  }
  try {
    return await connect(options, 4);
  } catch (error) {
    throw faultOf(error, what);
  }
}

async function connect(
  { access, clientId, take, hearRetained, signal, dial }: LinkOptions,
  version: 4 | 5,
): Promise<MqttLink> {
  const { url, username, password, ca, cert, key } = access;
  const given = Object.entries({ username, password, ca, cert, key });
  const options: IClientOptions = {
    ...Object.fromEntries(given.filter(([, value]) => value !== undefined)),
    clientId,
    protocolVersion: version,
    clean: false,
    keepalive: KEEPALIVE_SECONDS,
    connectTimeout: CONNECT_MS_MAX,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
  };
  if (version === 5) options.properties = { sessionExpiryInterval: SESSION_SECONDS };
  const client = await dial({ ...brokerAddress(url), ...options });
  client.handleMessage = (packet, done) => {
    const { topic, payload } = packet;
    const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
    if (packet.retain) hearRetained?.(topic, bytes);
    take(topic, bytes, () => done());
  };
  const lost = lossOf(client, `broker ${describeUrl(url)}`);
  const giveUp = () => client.end(true);
  signal.addEventListener("abort", giveUp);
  if (signal.aborted) giveUp();
  let isFresh = true;
  try {
    const welcomed = new Promise<IConnackPacket>((resolve) => client.once("connect", resolve));
    const { sessionPresent } = await Promise.race([lost, welcomed]);
    isFresh = !sessionPresent;
  } catch (error) {
    client.end(true);
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
  return linkOf(client, { lost, isFresh });
}

function lossOf(client: MqttClient, what: string): Promise<never> {
  const lost = new Promise<never>((_, reject) => {
    client.on("error", reject);
    client.on("disconnect", ({ reasonCode }) => {
      const code = `0x${(reasonCode ?? 0).toString(16)}`;
      const isTaken = reasonCode === 0x8e;
      const why = isTaken ? "another receiver with this id connected; give each its own" : code;
      reject(new Unreachable(`${what}: it ended the connection: ${why}`));
    });
    client.on("close", () => reject(new LostWithoutWord(`${what}: the connection was lost`)));
  });
  // Whoever awaits it hears of it; until then it is no bug.
  lost.catch(() => undefined);
  return lost;
}

function linkOf(
  client: MqttClient,
  { lost, isFresh }: Pick<MqttLink, "lost" | "isFresh">,
): MqttLink {
  return {
    isFresh,
    lost: lost.catch((error: unknown) => {
      throw faultOf(error, "receive");
    }),
    async subscribe(topics) {
      const granted = client.subscribeAsync([...topics], { qos: 1 });
      // A line that is lost meanwhile takes the answer with it: the client would wait for ever.
      granted.catch(() => undefined);
      const grants = await Promise.race([granted, lost]).catch((error: unknown) => {
        throw faultOf(error, "subscribe");
      });
      const refused = grants.find(({ qos }) => qos >= 0x80);
      if (refused === undefined) return;
      const rights = "let this user read the gateways' topics";
      throw new Misconfigured(`subscribe to ${refused.topic}: the broker refuses; ${rights}`);
    },
    async publish(topic, payload, { retain }) {
      await client.publishAsync(topic, Buffer.from(payload), { qos: 1, retain });
    },
    async close() {
      await new Promise<void>((resolve) => {
        // A clean DISCONNECT if the broker listens; the session stays, as we did not ask otherwise.
        if (client.connected) client.end(false, {}, () => resolve());
        else client.end(true, {}, () => resolve());
      });
    },
    cut() {
      client.stream.destroy();
    },
  };
}

const NO_BROKER = ["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH", "ENETUNREACH", "EAI_AGAIN"];
const CERTIFICATE = /^(CERT_|ERR_TLS|ERR_SSL|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)/;
/** Bad client id, credentials, rights: of MQTT 3.1.1 and of MQTT 5. */
const REFUSALS = new Set<unknown>([2, 4, 5, 0x85, 0x86, 0x87, 0x8a, 0x8c]);

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** Brokers without MQTT 5 refuse the version, hang up, or keep silent. */
function mayKnowOnlyOlder(error: unknown): boolean {
  const code = codeOf(error);
  if (REFUSALS.has(code) || CERTIFICATE.test(String(code))) return false;
  return !NO_BROKER.includes(String(code));
}

function faultOf(error: unknown, what: string): unknown {
  if (error instanceof Unreachable || error instanceof Misconfigured) return error;
  const code = codeOf(error);
  const why = describeError(error) || String(code);
  if (REFUSALS.has(code)) {
    return new Misconfigured(`${what}: ${why}; check user, password and rights`);
  }
  if (CERTIFICATE.test(String(code))) {
    return new Misconfigured(`${what}: ${why}; check the certificates`);
  }
  return new Unreachable(`${what}: ${why}; check address and network`);
}

/** Without user and password. */
function describeUrl(url: string): string {
  try {
    const { protocol, host } = new URL(url);
    return `${protocol}//${host}`;
  } catch (cause) {
    throw new Misconfigured(`broker "${url}": not a URL; write mqtt://host:1883`, { cause });
  }
}
