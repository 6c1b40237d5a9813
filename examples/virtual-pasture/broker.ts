import { createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";

/** An MQTT broker in this process that can be stopped and started on the same port. */
export interface Broker {
  readonly port: number;
  readonly isUp: boolean;
  start(): Promise<void>;
  /** Cuts every client; the broker forgets all sessions and retained messages, as a crash would. */
  stop(): Promise<void>;
}

/** A broker on a free loopback port, already started. */
export async function createBroker(): Promise<Broker> {
  let port = 0;
  let running: { aedes: Aedes; server: Server; sockets: Set<Socket> } | null = null;
  const broker: Broker = {
    get port() {
      return port;
    },
    get isUp() {
      return running !== null;
    },
    async start() {
      if (running) return;
      const aedes = await Aedes.createBroker();
      const sockets = new Set<Socket>();
      const server = createServer((socket) => {
        sockets.add(socket);
        socket.on("close", () => sockets.delete(socket));
        socket.on("error", () => socket.destroy());
        aedes.handle(socket);
      });
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, "127.0.0.1", resolve);
      });
      port = (server.address() as { port: number }).port;
      running = { aedes, server, sockets };
    },
    async stop() {
      if (!running) return;
      const { aedes, server, sockets } = running;
      running = null;
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
    },
  };
  await broker.start();
  return broker;
}
