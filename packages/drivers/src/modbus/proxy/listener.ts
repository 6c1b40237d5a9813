import { readFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { Misconfigured, Unreachable } from "@headgate/model";
import { roleOf } from "./role-of.ts";
import type { ProxySettings } from "./settings.ts";

/** A client that does not finish its handshake is let go. */
const HANDSHAKE_MS_MAX = 10_000;
/** Beyond the clients that are let in: those that are about to be, or to be sent away. */
const WAITING_MAX = 32;

export interface Listening {
  /** `role` is that of the client's certificate; null without TLS, or where it has none. */
  readonly onClient: (socket: Socket, role: string | null) => void;
  /** A client that proved nothing. */
  readonly onStranger: (why: string, address: string) => void;
}

/** A server that listens where the settings say, and where. */
export async function listen(
  settings: ProxySettings,
  listening: Listening,
): Promise<{ readonly server: Server; readonly at: string }> {
  const server = await serverOf(settings, listening);
  server.maxConnections = settings.clientsMax + WAITING_MAX;
  const { host, port } = settings.listen;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenFault(`${host}:${port}`, host, error)));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const heard = typeof address === "object" && address !== null ? address.port : port;
  return { server, at: `${host.includes(":") ? `[${host}]` : host}:${heard}` };
}

async function serverOf({ tls }: ProxySettings, listening: Listening): Promise<Server> {
  const { onClient, onStranger } = listening;
  if (!tls) return createServer((socket) => onClient(socket, null));
  const [ca, cert, key] = await Promise.all([tls.ca, tls.cert, tls.key].map(contentOf));
  const identity = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  const proof = { requestCert: true, rejectUnauthorized: true, minVersion: "TLSv1.2" } as const;
  const server = createTlsServer({ ...identity, ...proof, handshakeTimeout: HANDSHAKE_MS_MAX });
  server.on("secureConnection", (socket) => {
    onClient(socket, roleOf(socket.getPeerCertificate().raw));
  });
  server.on("tlsClientError", ({ message }, socket) => {
    onStranger(`its TLS handshake failed: ${message}`, socket.remoteAddress ?? "");
  });
  return server;
}

async function contentOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Misconfigured(`proxy.tls: ${why}; check the path and who may read it`, { cause });
  }
}

function listenFault(where: string, host: string, error: NodeJS.ErrnoException): Error {
  const text = `listen on ${where}: ${error.code ?? error.message}`;
  const cause = { cause: error };
  if (error.code === "EACCES") return new Misconfigured(`${text}; choose a port above 1023`, cause);
  if (error.code === "EADDRINUSE") {
    return new Unreachable(`${text}; another program may use this port`, cause);
  }
  return new Unreachable(`${text}; check that ${host} is an address of this machine`, cause);
}
