import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { checkServerIdentity, connect } from "node:tls";
import { type Context, Misconfigured, Unreachable } from "@headgate/model";
import { connectFaultText } from "../connect-fault-text.ts";
import { KEEP_ALIVE_MS, openedSocket, type SocketOptions, wireOf } from "./socket-wire.ts";
import { tlsFaultText } from "./tls-fault-text.ts";
import type { Wire } from "./wire.ts";

/** Files with certificates, and whom to expect. */
export interface TlsSettings {
  /** Who signs the device's certificate; the system's own list if absent. */
  readonly ca?: string | undefined;
  /** Our certificate and its key, where the device wants one. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The name in the device's certificate; the host if absent. */
  readonly serverName?: string | undefined;
}

/** Connects once, with TLS 1.2 or newer. Who the far side is has been proved before a byte goes. */
export async function openTlsWire(
  { tls, ...options }: SocketOptions & { readonly tls: TlsSettings },
  context: Context,
): Promise<Wire> {
  const { host, port } = options;
  const where = `${host}:${port}`;
  const [ca, cert, key] = await Promise.all([tls.ca, tls.cert, tls.key].map(contentOf));
  const name = tls.serverName ?? host;
  const create = () => {
    const socket = connect({
      host,
      port,
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(isIP(name) === 0 && { servername: name }),
      checkServerIdentity: (_host, presented) => checkServerIdentity(name, presented),
      minVersion: "TLSv1.2",
      rejectUnauthorized: true,
    });
    return socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
  };
  const faultOf = (cause: Error) => {
    const text = tlsFaultText(cause, name);
    const what = `connect to ${where}`;
    if (text !== null) return new Misconfigured(`${what}: ${text}`, { cause });
    return new Unreachable(`${what}: ${connectFaultText(cause)}`);
  };
  const socket = await openedSocket(
    { ...options, create, event: "secureConnect", faultOf },
    context,
  );
  // With TLS 1.3 a device refuses our certificate after we took it for connected.
  let hasHeard = false;
  const explain = (cause: Error | null) => {
    if (cause) return tlsFaultText(cause, name);
    return hasHeard ? null : PARTED[tls.cert === undefined ? "unnamed" : "named"];
  };
  const wire = wireOf(socket, where, { explain });
  return {
    ...wire,
    listen(onBytes, onLost) {
      const hear = (bytes: Buffer) => {
        hasHeard = true;
        onBytes(bytes);
      };
      wire.listen(hear, onLost);
    },
  };
}

/** Some devices say nothing when they refuse a certificate. */
const PARTED = {
  unnamed: "it never spoke; it may want a certificate of ours: name tls.cert and tls.key",
  named: "it never spoke; it may refuse our certificate (tls.cert)",
} as const;

async function contentOf(path: string | undefined): Promise<Buffer | null> {
  if (path === undefined) return null;
  try {
    return await readFile(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Misconfigured(`tls: ${why}; check the path and who may read it`, { cause });
  }
}
