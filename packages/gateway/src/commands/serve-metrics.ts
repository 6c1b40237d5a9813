import { once } from "node:events";
import { createServer } from "node:http";
import { Misconfigured } from "@headgate/model";

/** Where metrics are to be had. */
export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

/** Serves `/metrics` until closed. Rejects with `Misconfigured` where the address is not free. */
export async function serveMetrics(
  { host, port }: MetricsAddress,
  text: () => string,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const isKnown = request.url?.split("?")[0] === "/metrics" && request.method === "GET";
    response.statusCode = isKnown ? 200 : 404;
    response.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8");
    response.end(isKnown ? text() : "GET /metrics\n");
  });
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Misconfigured(`--metrics ${host}:${port}: ${code}; choose another address`, {
      cause,
    });
  }
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : port,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
