import type { Context } from "@headgate/model";
import { Misconfigured, Unreachable } from "@headgate/model";
import type { GatewayView } from "../status.ts";
import { createMetrics } from "./metrics.ts";
import { overviewPage } from "./overview-page.ts";

export interface WebConfig {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

/** Serves status, points, metrics and the overview page until `signal` aborts. */
export async function serveWeb(
  gateway: GatewayView,
  { host, port }: WebConfig,
  { context, onUp }: { context: Context; onUp: (url: string) => void },
): Promise<void> {
  const server = await createServer(gateway);
  try {
    const url = await server.listen({ host, port }).catch((error: NodeJS.ErrnoException) => {
      const text = `listen on ${host}:${port}: ${error.code ?? error.message}`;
      if (error.code === "EACCES") throw new Misconfigured(`${text}; choose a port above 1023`);
      throw new Unreachable(`${text}; another program may use this port`);
    });
    onUp(url);
    await new Promise<void>((resolve) => {
      if (context.signal.aborted) resolve();
      else context.signal.addEventListener("abort", () => resolve(), { once: true });
    });
  } finally {
    await server.close();
  }
}

/** The routes, not yet listening. */
export async function createServer(gateway: GatewayView) {
  // Loaded here, not at start: the first sample goes upstream before the first page is asked for.
  const { default: fastify } = await import("fastify");
  const server = fastify({ forceCloseConnections: true });
  const metrics = await createMetrics(gateway);

  server.addHook("onSend", async (_request, reply) => {
    reply.header("x-content-type-options", "nosniff");
    reply.header("cache-control", "no-store");
  });
  server.get("/api/status", async (_request, reply) => {
    const status = gateway.status();
    if (status === null) return reply.code(503).send({ error: "the gateway is starting" });
    return status;
  });
  server.get("/api/points", async () => gateway.points());
  server.get("/metrics", async (_request, reply) => {
    reply.type("text/plain; version=0.0.4; charset=utf-8");
    return metrics();
  });
  server.get("/healthz", async (_request, reply) => {
    const status = gateway.status();
    const problems = status === null ? ["the gateway is starting"] : status.buffer.problems;
    return reply
      .code(problems.length === 0 ? 200 : 503)
      .send({ ok: problems.length === 0, problems });
  });
  server.get("/", async (_request, reply) => {
    reply.type("text/html; charset=utf-8");
    reply.header("content-security-policy", overviewPage.contentSecurityPolicy);
    return overviewPage.html;
  });
  return server;
}
