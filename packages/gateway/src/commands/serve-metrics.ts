import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { describeError, Misconfigured } from "@headgate/model";
import type { HealthReport } from "./receiver-health.ts";

/** Where metrics are to be had. */
export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

/** What is served. */
export interface Pages {
  readonly metrics: () => Promise<string>;
  readonly health: () => HealthReport;
}

/**
 * Serves `/metrics` and `/healthz` until closed. Rejects with `Misconfigured` where the address is
 * not free.
 */
export async function serveMetrics(
  { host, port }: MetricsAddress,
  pages: Pages,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    void answer(request, pages).then(({ status, type, body }) => {
      response.writeHead(status, { "content-type": type }).end(body);
    });
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

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const PLAIN = "text/plain; charset=utf-8";

async function answer({ url, method }: IncomingMessage, pages: Pages): Promise<Answer> {
  const path = method === "GET" ? url?.split("?")[0] : "";
  if (path === "/healthz") {
    const report = pages.health();
    const status = report.ok ? 200 : 503;
    return { status, type: "application/json", body: `${JSON.stringify(report)}\n` };
  }
  if (path !== "/metrics") return { status: 404, type: PLAIN, body: "GET /metrics or /healthz\n" };
  try {
    const body = await pages.metrics();
    return { status: 200, type: "text/plain; version=0.0.4; charset=utf-8", body };
  } catch (error) {
    return { status: 503, type: PLAIN, body: `${describeError(error)}\n` };
  }
}
