import { gzipSync } from "node:zlib";
import {
  type Context,
  describeError,
  extentOf,
  Misconfigured,
  Refused,
  Unreachable,
} from "@headgate/model";
import type { JetStreamClient } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { encodeHandover } from "./handover-json.ts";
import type { Handover, Sink, SinkSession } from "./sink.ts";

const CONNECT_MS_MAX = 10_000;
/** A cluster that elects a leader answers after some seconds. */
const ACK_MS_MAX = 10_000;
/** Larger messages are compressed: servers take 1 MiB unless told otherwise. */
const PLAIN_BYTES_MAX = 256 * 1024;

/** Where to, and as whom. Certificates and credentials as text. */
export interface NatsSinkOptions {
  readonly name: string;
  /** `host:4222` each; any of them that answers is taken. */
  readonly servers: readonly string[];
  /** The stream that keeps `<subject>.>`. It is not created: how long it keeps what is yours. */
  readonly stream: string;
  /** First part of the subjects; default "headgate". */
  readonly subject?: string;
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
  /** Contents of a `.creds` file. */
  readonly credentials?: string;
  /** Refuses a server without TLS. */
  readonly isTls?: boolean;
  /** CA certificate, PEM; asks for TLS. */
  readonly ca?: string;
}

/** Publishes to a NATS JetStream stream, each entry under its key, and awaits the stream's word. */
export function natsSink(options: NatsSinkOptions): Sink {
  return { name: options.name, open: (context) => openNats(options, context) };
}

async function openNats(options: NatsSinkOptions, { signal }: Context): Promise<SinkSession> {
  const { name, servers, stream, subject = "headgate" } = options;
  const what = `sink "${name}": NATS ${servers.join(", ")}`;
  const { transport, jetstream } = await loadClient(what);
  const { username: user, password: pass, token, credentials, ca, isTls } = options;
  let connection: NatsConnection;
  try {
    connection = await transport.connect({
      servers: [...servers],
      name: `headgate sink ${name}`,
      reconnect: false,
      timeout: CONNECT_MS_MAX,
      ...(user === undefined ? {} : { user }),
      ...(pass === undefined ? {} : { pass }),
      ...(token === undefined ? {} : { token }),
      ...(credentials === undefined
        ? {}
        : { authenticator: transport.credsAuthenticator(Buffer.from(credentials)) }),
      ...(ca === undefined ? isTls && { tls: {} } : { tls: { ca } }),
    });
  } catch (cause) {
    throw openFault(cause, what);
  }
  const onAbort = () => void connection.close();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const admin = await jetstream.jetstreamManager(connection, { timeout: ACK_MS_MAX });
    const { config } = await admin.streams.info(stream);
    if (!(config.subjects ?? []).some((kept) => covers(kept, subject))) {
      const kept = config.subjects?.join(", ") ?? "nothing";
      throw new Misconfigured(
        `${what}: stream "${stream}" keeps ${kept}; let it keep "${subject}.>"`,
      );
    }
  } catch (cause) {
    await connection.close();
    if (cause instanceof Misconfigured) throw cause;
    if (codeOf(cause) === jetstream.JetStreamApiCodes.StreamNotFound) {
      const todo = `create it: nats stream add ${stream} --subjects "${subject}.>"`;
      throw new Misconfigured(`${what}: there is no stream "${stream}"; ${todo}`, { cause });
    }
    throw openFault(cause, what);
  }
  const client = jetstream.jetstream(connection, { timeout: ACK_MS_MAX });
  const headers = transport.headers;
  return new NatsSession({ what, stream, subject, connection, client, headers });
}

interface Opened {
  readonly what: string;
  readonly stream: string;
  readonly subject: string;
  readonly connection: NatsConnection;
  readonly client: JetStreamClient;
  readonly headers: () => { set(key: string, value: string): void };
}

class NatsSession implements SinkSession {
  readonly #opened: Opened;

  constructor(opened: Opened) {
    this.#opened = opened;
  }

  async take(handovers: readonly Handover[]): Promise<void> {
    const told = await Promise.allSettled(handovers.map((one) => this.#publish(one)));
    const faults = told.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    // A line that is down says more than a block that is too large.
    const worst = faults.find((fault) => !(fault instanceof Refused)) ?? faults[0];
    if (worst !== undefined) throw worst;
  }

  async close(): Promise<void> {
    await this.#opened.connection.close();
  }

  async #publish(handover: Handover): Promise<void> {
    const { what, stream, subject, connection, client, headers } = this.#opened;
    const { key, gatewayId, entry } = handover;
    const own = headers();
    const plain = Buffer.from(encodeHandover(handover));
    const payload = plain.length > PLAIN_BYTES_MAX ? gzipSync(plain, { level: 1 }) : plain;
    const { first, last } = extentOf(entry);
    const fields = {
      "Content-Type": "application/json",
      "Headgate-Gateway": gatewayId,
      "Headgate-Stream": entry.stream,
      "Headgate-Epoch": entry.epoch,
      "Headgate-Block": first === last ? `${first}` : `${first}-${last}`,
      "Headgate-Kind": entry.kind,
      ...(payload === plain ? {} : { "Content-Encoding": "gzip" }),
    };
    for (const [field, value] of Object.entries(fields)) own.set(field, headerText(value));
    const bytesMax = connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
    if (payload.length > bytesMax) {
      throw new Refused(`${what}: ${payload.length} bytes; the server takes ${bytesMax}`);
    }
    try {
      await client.publish(subjectOf(subject, gatewayId, entry.stream), payload, {
        msgID: headerText(key),
        expect: { streamName: stream },
        headers: own as never,
      });
    } catch (cause) {
      throw publishFault(cause, what);
    }
  }
}

async function loadClient(what: string) {
  try {
    // CommonJS modules: in a bundle their exports are under `default` alone.
    const [{ default: transport }, { default: jetstream }] = await Promise.all([
      import("@nats-io/transport-node"),
      import("@nats-io/jetstream"),
    ]);
    return { transport, jetstream };
  } catch (cause) {
    const packages = "@nats-io/transport-node and @nats-io/jetstream";
    throw new Misconfigured(`${what}: install ${packages} beside @headgate/sync`, { cause });
  }
}

/** Whether a stream that keeps `kept` keeps all of `<subject>.<gateway>.<stream>`. */
export function covers(kept: string, subject: string): boolean {
  const wanted = [...subject.split("."), "*", "*"];
  const parts = kept.split(".");
  for (const [at, part] of parts.entries()) {
    if (part === ">") return wanted.length > at;
    if (part !== "*" && part !== wanted[at]) return false;
  }
  return parts.length === wanted.length;
}

/** `<subject>.<gateway>.<stream>`; what no part of a subject may hold is written `=2E`. */
export function subjectOf(subject: string, gatewayId: string, stream: string): string {
  return `${subject}.${escaped(gatewayId)}.${stream}`;
}

function escaped(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]/gu, (letter) =>
    [...Buffer.from(letter)].map((byte) => `=${byte.toString(16).toUpperCase()}`).join(""),
  );
}

/** Headers are one line each. */
function headerText(text: string): string {
  return text.replace(/[\r\n]/g, "_");
}

function openFault(cause: unknown, what: string): Error {
  const why = describeError(cause);
  if (/authorization|authentication|permissions?|user|jetstream is not enabled/i.test(why)) {
    return new Misconfigured(`${what}: ${why}; check user, rights and JetStream`, { cause });
  }
  return new Unreachable(`${what}: ${why}; check address and network`, { cause });
}

/** Of JetStream's error codes: the message is too large; its headers are. */
const TOO_LARGE = new Set<unknown>([10054, 10097]);
/** The stream that took it is another one than was named. */
const OTHER_STREAM = 10060;

function publishFault(cause: unknown, what: string): Error {
  const code = codeOf(cause);
  const why = describeError(cause);
  if (TOO_LARGE.has(code)) return new Refused(`${what}: ${why}`, { cause });
  if (code === OTHER_STREAM) {
    return new Misconfigured(`${what}: another stream keeps this subject: ${why}`, { cause });
  }
  return new Unreachable(`${what}: ${why}`, { cause });
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && "code" in cause ? cause.code : undefined;
}
