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

export interface SocketWireOptions extends SocketOptions {
  /**
   * What is heard stands in memory that the next bytes of any socket will stand in: it is kept by
   * copying.
   */
  readonly isLending?: boolean;
}

/** Connects once. The socket is destroyed if the time is up: devices allow few of them. */
export async function openSocketWire(options: SocketWireOptions, context: Context): Promise<Wire> {
  const { host, port, isLending = false } = options;
  const inlet = new Inlet(isLending);
  const create = () =>
    createConnection({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
      // A stream's way of reading would cost more than all that we do with what was read.
      onread: { buffer: inlet.memory, callback: inlet.take },
    });
  const faultOf = (cause: Error) =>
    new Unreachable(`connect to ${host}:${port}: ${connectFaultText(cause)}`);
  const socket = await openedSocket({ ...options, create, event: "connect", faultOf }, context);
  const listen = (onBytes: (bytes: Buffer) => void) => {
    inlet.open(onBytes);
    socket.resume();
  };
  return wireOf(socket, `${host}:${port}`, { listen });
}

/** What is read at a time: some frames. */
const READ_BYTES_MAX = 4096;

/**
 * One for all sockets that lend: each hands on what it has read before another reads. Of its own
 * for each, it would be in no processor's cache by the time that a hundred others have been read.
 */
const lentMemory = Buffer.allocUnsafeSlow(READ_BYTES_MAX);
let lentView = lentMemory;

/** Answers mostly are as long as the one before: a view that is not made costs nothing. */
function lend(count: number): Buffer {
  if (lentView.length !== count) lentView = lentMemory.subarray(0, count);
  return lentView;
}

/** Passes on what a socket has read, from the moment on when somebody listens. */
class Inlet {
  readonly memory: Buffer;
  #onBytes: ((bytes: Buffer) => void) | null = null;
  #early: Buffer[] = [];

  constructor(isLending: boolean) {
    this.memory = isLending ? lentMemory : Buffer.allocUnsafeSlow(READ_BYTES_MAX);
  }

  /** What is read next will stand in the same memory. False: no more until somebody listens. */
  readonly take = (count: number, memory: Uint8Array): boolean => {
    const onBytes = this.#onBytes;
    const isLent = this.memory === lentMemory && onBytes !== null;
    const bytes = isLent ? lend(count) : copyOf(count, memory);
    if (onBytes) onBytes(bytes);
    else this.#early.push(bytes);
    return onBytes !== null;
  };

  open(onBytes: (bytes: Buffer) => void): void {
    this.#onBytes = onBytes;
    for (const bytes of this.#early.splice(0)) onBytes(bytes);
  }
}

function copyOf(count: number, memory: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(count);
  bytes.set(count === memory.length ? memory : memory.subarray(0, count));
  return bytes;
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

export interface WireParts {
  /** How its bytes are heard; as those of any stream if absent. */
  readonly listen?: (onBytes: (bytes: Buffer) => void) => void;
  /** It may know more of why the wire was lost. */
  readonly explain?: (cause: Error | null) => string | null;
}

/** An open socket as a wire. */
export function wireOf(socket: Socket, where: string, parts: WireParts): Wire {
  const { listen = (onBytes) => socket.on("data", onBytes), explain = () => null } = parts;
  return {
    write: (bytes) => socket.write(bytes),
    hasLeft: () => socket.writableLength === 0,
    listen(onBytes, onLost) {
      const lose = () => {
        const cause = faults.get(socket);
        const why = explain(cause ?? null);
        onLost(`connection to ${where} lost${why ? `: ${why}` : ""}`, cause);
      };
      listen(onBytes);
      socket.on("end", lose);
      socket.on("close", lose);
      // It may have gone between connecting and now.
      if (socket.destroyed || socket.readableEnded) lose();
    },
    destroy: () => socket.destroy(),
  };
}
