import type { Context } from "@headgate/model";
import { Misconfigured, Unreachable } from "@headgate/model";
import type { GatewayView } from "../status.ts";
import { addFieldRoutes } from "./field-routes.ts";
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
  const server = await createServer(gateway, host);
  try {
    const url = await server.listen({ host, port }).catch((error: NodeJS.ErrnoException) => {
      const text = `listen on ${host}:${port}: ${error.code ?? error.message}`;
      if (error.code === "EACCES") throw new Misconfigured(`${text}; choose a port above 1023`);
      if (error.code !== "EADDRINUSE") {
        throw new Unreachable(`${text}; check that ${host} is an address of this machine`);
      }
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

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i;

/**
 * Whether a request's Host may mean a server on `host`. A web site whose name was made to point to
 * this machine must not read, through a visitor's browser, what is served on loopback only.
 */
function isOwnName(given: string | undefined, host: string): boolean {
  return given === undefined || !LOOPBACK.test(host) || LOOPBACK.test(given.replace(/:\d+$/, ""));
}

/** The routes, to be served on `host`, not yet listening. */
export async function createServer(gateway: GatewayView, host: string) {
  // Loaded here, not at start: the first sample goes upstream before the first page is asked for.
  const { default: fastify } = await import("fastify");
  const server = fastify({ forceCloseConnections: true });
  // Made when first asked for: it watches the process, which is not for a port that is taken.
  let metrics: ReturnType<typeof createMetrics> | undefined;

  server.addHook("onRequest", async (request, reply) => {
    if (isOwnName(request.headers.host, host)) return;
    const error = "this page is for this machine only; set web.host to serve others";
    return reply.code(421).send({ error });
  });
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
  if (gateway.field) addFieldRoutes(server, gateway.field);
  server.get("/metrics", async (_request, reply) => {
    reply.type("text/plain; version=0.0.4; charset=utf-8");
    metrics ??= createMetrics(gateway);
    return (await metrics)();
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
