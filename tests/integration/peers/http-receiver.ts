import { once } from "node:events";
import { createServer, type Server } from "node:http";

/** An HTTP server that keeps the lines it answers with 200, and can be away. */
export class HttpReceiver {
  /** Parsed lines of every request that was accepted, in their order. */
  readonly lines: { key: string; k: string; b: number }[] = [];
  /** What the next requests are answered; 200 keeps their lines. */
  status = 200;
  #server: Server | null = null;
  #port = 0;

  static async start(): Promise<HttpReceiver> {
    const receiver = new HttpReceiver();
    await receiver.restart();
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/in`;
  }

  async restart(): Promise<void> {
    const server = createServer(async (request, response) => {
      let body = "";
      try {
        for await (const chunk of request.setEncoding("utf8")) body += chunk;
      } catch {
        // The sender was killed in the middle: nothing of it counts.
        return;
      }
      if (this.status === 200) {
        for (const line of body.split("\n")) if (line !== "") this.lines.push(JSON.parse(line));
      }
      response.writeHead(this.status).end();
    });
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    this.#port = typeof address === "object" ? (address?.port ?? 0) : 0;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }
}
