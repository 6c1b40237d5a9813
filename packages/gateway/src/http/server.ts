import type { SecureServerOptions } from "node:http2";
import type { Socket } from "node:net";
import type { Context, Log } from "@headgate/model";
import { Misconfigured, Unreachable } from "@headgate/model";
import type {
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifyServerOptions,
} from "fastify";
import { Access, accessFiles } from "../access/access.ts";
import { type OwnCertificate, ownCertificate, ownNames } from "../access/own-certificate.ts";
import type { WebConfig } from "../config/config.ts";
import type { GatewayView } from "../status.ts";
import { ApiProblem } from "./api/api-problem.ts";
import { apiRoutes } from "./api/api-routes.ts";
import { createGuard, hostOf } from "./api/guard.ts";
import { refuseUnread, registerRoutes } from "./api/register-routes.ts";
import { safeHeaders } from "./safe-headers.ts";
import { type Site, siteOf } from "./site.ts";
import { isTls } from "./web-defaults.ts";

/** A whole configuration of ten thousand points is smaller. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;
const CONNECTIONS_MAX = 256;
const PARAMETER_CHARACTERS_MAX = 200;
/** A request that is not whole after so long is none. */
const REQUEST_MS_MAX = 30_000;
/** How often it is seen whether the certificate still fits the machine's addresses. */
const RENEW_MS = 3_600_000;

/** Serves the page and the API until `signal` aborts. */
export async function serveWeb(
  gateway: GatewayView,
  web: WebConfig,
  { context, onUp }: { context: Context; onUp: (url: string) => void },
): Promise<void> {
  const access = await Access.open(context.directory, context);
  const certify = () => certifyWeb(gateway, web, { access, context });
  let certificate = await certify();
  const options = { site: siteOf(web), access, log: context.log, certificate: () => certificate };
  const server = await createServer(gateway, options);
  try {
    onUp(await listen(server, web));
    while (!context.signal.aborted) {
      await context.clock.sleep(RENEW_MS, context.signal);
      const next = context.signal.aborted ? null : await certify();
      if (next === null || next.chain === certificate?.chain) continue;
      certificate = next;
      // Connections that are open keep the old one.
      const secure = server.server as unknown as { setSecureContext(given: object): void };
      secure.setSecureContext({ key: next.key, cert: next.chain });
    }
  } finally {
    await server.close();
    // The page may be served anew at once: two would write one log of who did what.
    await access.close();
  }
}

async function listen(server: FastifyInstance, { host, port }: WebConfig): Promise<string> {
  return await server.listen({ host, port }).catch((error: NodeJS.ErrnoException) => {
    const text = `listen on ${host}:${port}: ${error.code ?? error.message}`;
    if (error.code === "EACCES") throw new Misconfigured(`${text}; choose a port above 1023`);
    if (error.code !== "EADDRINUSE") {
      throw new Unreachable(`${text}; check that ${host} is an address of this machine`);
    }
    throw new Unreachable(`${text}; another program may use this port`);
  });
}

async function certifyWeb(
  gateway: GatewayView,
  web: WebConfig,
  { access, context }: { access: Access; context: Context },
): Promise<OwnCertificate | null> {
  if (!isTls(web)) return null;
  return await ownCertificate(accessFiles(access.folder).certificates, {
    gatewayId: gateway.config?.gateway.id ?? "gateway",
    names: ownNames(web.host),
    nowMs: context.clock.nowMs(),
    onFault: (error) => {
      context.log.warn("the page's certificate could not be kept: the next start makes another", {
        error,
      });
    },
  });
}

/** What a server is made of. */
export interface ServerOptions {
  readonly site: Site;
  readonly access: Access;
  readonly log: Log;
  /** Null over plain HTTP. */
  readonly certificate: () => OwnCertificate | null;
}

/** The whole server, not yet listening. */
export async function createServer(
  gateway: GatewayView,
  options: ServerOptions,
): Promise<FastifyInstance> {
  const { site, access, log, certificate } = options;
  // Loaded here, not at start: the first sample goes upstream before the first page is asked for.
  const { default: fastify } = await import("fastify");
  const common = {
    forceCloseConnections: true,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    routerOptions: { maxParamLength: PARAMETER_CHARACTERS_MAX },
    // What the server refuses before it looks for a route has the form of all other refusals.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
      refuseUnread(error, request, reply),
  } as const;
  const own = certificate();
  const https: SecureServerOptions & { allowHTTP1: true } = {
    allowHTTP1: true,
    minVersion: "TLSv1.2",
    ...(own && { key: own.key, cert: own.chain }),
  };
  // One table serves both; what differs are the types of the raw requests, which nobody looks at.
  const secure = { ...common, http2: true, https } as unknown as FastifyServerOptions;
  const server: FastifyInstance = fastify(own ? secure : common);
  server.server.maxConnections = CONNECTIONS_MAX;
  letGoAtClose(server);
  server.removeContentTypeParser("text/plain");
  server.addHook("onRequest", async (request) => {
    if (!site.isOwnName(hostOf(request))) throw new ApiProblem("foreign-name");
  });
  server.addHook("onSend", async (_request, reply) => {
    for (const [name, value] of Object.entries(safeHeaders)) {
      if (!reply.hasHeader(name)) reply.header(name, value);
    }
  });
  const guard = createGuard({ access, site });
  registerRoutes(server, apiRoutes(gateway, options), { guard, log });
  return server;
}

/**
 * Ends whatever is open when the server closes: a page that listens, over HTTP/2 or 1.1, and who
 * has not finished shaking hands. Else one open page would keep the gateway from stopping.
 */
function letGoAtClose(server: FastifyInstance): void {
  const open = new Set<Socket>();
  let isClosing = false;
  server.server.on("connection", (socket: Socket) => {
    if (isClosing) return void socket.destroy();
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  server.addHook("preClose", async () => {
    isClosing = true;
    for (const socket of open) socket.destroy();
  });
}
