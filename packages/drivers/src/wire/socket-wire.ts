import { createConnection, type Socket } from "node:net";
import { type Context, Unreachable } from "@headgate/model";
import { connectFaultText } from "../connect-fault-text.ts";
import type { Wire } from "./wire.ts";

const KEEP_ALIVE_MS = 30_000;

/** Where to connect, and how long to wait for it. */
export interface SocketOptions {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
}

/** Connects once. The socket is destroyed if the time is up: devices allow few of them. */
export async function openSocketWire(options: SocketOptions, context: Context): Promise<Wire> {
  const { host, port, connectTimeoutMs } = options;
  const where = `connect to ${host}:${port}`;
  const socket = createConnection({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  });
  const settled = new AbortController();
  const connected = new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.on("error", (cause) => reject(new Unreachable(`${where}: ${connectFaultText(cause)}`)));
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
  return wireOf(socket, `${host}:${port}`);
}

function wireOf(socket: Socket, where: string): Wire {
  let lostBy: Error | undefined;
  socket.on("error", (error) => {
    lostBy = error;
  });
  return {
    write: (bytes) => socket.write(bytes),
    listen(onBytes, onLost) {
      const lose = () => onLost(`connection to ${where} lost`, lostBy);
      socket.on("data", onBytes);
      socket.on("end", lose);
      socket.on("close", lose);
      // It may have gone between connecting and now.
      if (socket.destroyed || socket.readableEnded) lose();
    },
    destroy: () => socket.destroy(),
  };
}
