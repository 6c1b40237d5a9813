import { createConnection, type Socket } from "node:net";
import { type Context, Unreachable } from "@headgate/model";
import { connectFaultText } from "../connect-fault-text.ts";
import type { Wire } from "./wire.ts";

export const KEEP_ALIVE_MS = 30_000;

/** Where to connect, and how long to wait for it. */
export interface SocketOptions {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
}

/** Connects once. The socket is destroyed if the time is up: devices allow few of them. */
export async function openSocketWire(options: SocketOptions, context: Context): Promise<Wire> {
  const { host, port } = options;
  const create = () =>
    createConnection({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    });
  const faultOf = (cause: Error) =>
    new Unreachable(`connect to ${host}:${port}: ${connectFaultText(cause)}`);
  const socket = await openedSocket({ ...options, create, event: "connect", faultOf }, context);
  return wireOf(socket, `${host}:${port}`);
}

/** What went wrong with open sockets, from their first moment on: some faults come right then. */
const faults = new WeakMap<Socket, Error>();

/** How a socket is made, and what says that it is up. */
export interface Opening extends SocketOptions {
  readonly create: () => Socket;
  readonly event: "connect" | "secureConnect";
  readonly faultOf: (cause: Error) => Error;
}

/** Resolves once it is up; destroys it if that fails or takes too long. */
export async function openedSocket(opening: Opening, context: Context): Promise<Socket> {
  const { host, port, connectTimeoutMs, create, event, faultOf } = opening;
  const where = `connect to ${host}:${port}`;
  let socket: Socket;
  try {
    socket = create();
  } catch (cause) {
    // What it was given cannot be used: a file that is no certificate.
    throw cause instanceof Error ? faultOf(cause) : cause;
  }
  const settled = new AbortController();
  const connected = new Promise<void>((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.on("error", (cause) => {
      faults.set(socket, cause);
      reject(faultOf(cause));
    });
    // A far side that ends the handshake without a word.
    socket.once("close", () => reject(faultOf(new Error("the far side ended the connection"))));
    const giveUp = () => reject(new Unreachable(`${where}: given up, the gateway stops`));
    if (context.signal.aborted) giveUp();
    context.signal.addEventListener("abort", giveUp, { signal: settled.signal });
    void context.clock
      .sleep(connectTimeoutMs, settled.signal)
      .then(() =>
        reject(
          new Unreachable(
            `${where}: no answer within ${connectTimeoutMs} ms; check host, port and the way there`,
          ),
        ),
      );
  });
  try {
    await connected;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    settled.abort();
  }
  return socket;
}

/** An open socket as a wire. `explain` may know more of why it was lost. */
export function wireOf(
  socket: Socket,
  where: string,
  explain: (cause: Error | null) => string | null = () => null,
): Wire {
  return {
    write: (bytes) => socket.write(bytes),
    listen(onBytes, onLost) {
      const lose = () => {
        const cause = faults.get(socket);
        const why = explain(cause ?? null);
        onLost(`connection to ${where} lost${why ? `: ${why}` : ""}`, cause);
      };
      socket.on("data", onBytes);
      socket.on("end", lose);
      socket.on("close", lose);
      // It may have gone between connecting and now.
      if (socket.destroyed || socket.readableEnded) lose();
    },
    destroy: () => socket.destroy(),
  };
}
