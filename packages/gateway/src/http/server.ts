import type { Context, Log } from "@headgate/model";
import { Misconfigured, silentLog, Unreachable } from "@headgate/model";
import type { GatewayView } from "../status.ts";
import { ApiProblem } from "./api/api-problem.ts";
import { apiRoutes } from "./api/api-routes.ts";
import { type Guard, registerRoutes } from "./api/register-routes.ts";
import type { Caller } from "./api/route.ts";

/** A whole configuration of ten thousand points is smaller. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;

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
  const server = await createServer(gateway, host, context.log);
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
export async function createServer(gateway: GatewayView, host: string, log: Log = silentLog) {
  // Loaded here, not at start: the first sample goes upstream before the first page is asked for.
  const { default: fastify } = await import("fastify");
  const server = fastify({ forceCloseConnections: true, bodyLimit: BODY_BYTES_MAX });
  server.removeContentTypeParser("text/plain");
  server.addHook("onRequest", async (request) => {
    if (!isOwnName(request.headers.host, host)) throw new ApiProblem("foreign-name");
  });
  server.addHook("onSend", async (_request, reply) => {
    reply.header("x-content-type-options", "nosniff");
    reply.header("cache-control", "no-store");
  });
  const guard: Guard = async ({ ip }) => OPEN_CALLER(ip);
  registerRoutes(server, apiRoutes(gateway), { guard, log });
  return server;
}

const OPEN_CALLER = (address: string): Caller => {
  return { name: "anyone", role: "admin", address, session: null };
};
