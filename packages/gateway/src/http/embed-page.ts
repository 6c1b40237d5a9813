import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { type Context, Misconfigured } from "@headgate/model";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Access } from "../access/access.ts";
import type { GatewayView } from "../status.ts";
import { createServer } from "./server.ts";
import type { Site, WhoAsks } from "./site.ts";

/** How a gateway's page lives in another program's web server. */
export interface EmbedOptions {
  /** Where browsers find it: "/edge". */
  readonly prefix: string;
  /** False where browsers come over plain HTTP: then its cookie is not for HTTPS alone. */
  readonly isHttps?: boolean;
  /** What those may who have not said who they are; nothing by default. */
  readonly anonymous?: "viewer" | "none";
  /** The program's own check; without it the box's accounts, claim and login are used. */
  readonly whoAsks?: WhoAsks;
}

/** The page and the API for a server that is not the gateway's. */
export interface EmbeddedPage {
  /** For `app.use(prefix, page.handle)` of Express, and for node:http. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** For `app.register(page.fastify)`: it brings the prefix along. */
  readonly fastify: (app: FastifyInstance) => Promise<void>;
  /** Ends the streams that are open, and answers no more. */
  close(): Promise<void>;
}

/** What other middleware has left on a request. */
type Handled = IncomingMessage & { originalUrl?: string; body?: unknown };

export async function embedPage(
  gateway: GatewayView,
  options: EmbedOptions,
  context: Context,
): Promise<EmbeddedPage> {
  if (gateway.config?.web) {
    throw new Misconfigured("the gateway serves its page itself; say `web: false` in its config");
  }
  const site = siteOfHost(options);
  const isHosts = site.whoAsks !== null;
  const access = await Access.open(context.directory, { ...context, isHosts });
  const given = { site, access, log: context.log, certificate: () => null };
  const server = await createServer(gateway, given);
  server.addHook("onClose", () => access.close());
  server.addHook("preParsing", async ({ raw }, _reply, payload) => readBody(raw) ?? payload);
  await server.ready();
  return mount(server, site.prefix);
}

function siteOfHost(options: EmbedOptions): Site {
  const { prefix, isHttps = true, anonymous = "none", whoAsks = null } = options;
  if (!/^(\/[\w.~-]+)+$/.test(prefix)) {
    throw new Misconfigured(`prefix "${prefix}": write it as "/edge", with no slash at its end`);
  }
  // Which names a program has is known to nobody but itself.
  const [isOwnName, isTrustedProxy] = [() => true, () => false];
  return { prefix, isTls: isHttps, anonymous, isOwnName, isTrustedProxy, whoAsks };
}

function mount(server: FastifyInstance, prefix: string): EmbeddedPage {
  const open = new Set<ServerResponse>();
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const inside = pathInside(request, prefix);
    if (inside === null) return void response.writeHead(404).end();
    // Its links are relative: they would lead out of the prefix.
    if (inside === "") return void response.writeHead(308, { location: `${prefix}/` }).end();
    open.add(response);
    response.once("close", () => open.delete(response));
    request.url = inside;
    server.routing(request, response);
  };
  const letGo = async () => {
    const ended = [...open].map((response) => once(response, "close"));
    for (const response of open) response.destroy();
    await Promise.all(ended);
  };
  return {
    handle,
    fastify: async (app) => {
      const answer = (request: FastifyRequest, reply: FastifyReply) => {
        reply.hijack();
        handle(request.raw, reply.raw);
      };
      // Bodies are read by the gateway, within its own limits.
      app.removeAllContentTypeParsers();
      app.addContentTypeParser("*", (_request, _payload, done) => done(null));
      app.addHook("preClose", letGo);
      app.all(prefix, answer);
      app.all(`${prefix}/*`, answer);
    },
    close: async () => {
      await letGo();
      await server.close();
    },
  };
}

/** Null: outside. Express takes the prefix off and leaves the whole path beside; others do not. */
function pathInside({ originalUrl, url = "/" }: Handled, prefix: string): string | null {
  const whole = originalUrl ?? url;
  if (whole === prefix || whole.startsWith(`${prefix}?`)) return "";
  return whole.startsWith(`${prefix}/`) ? whole.slice(prefix.length) : null;
}

/** A body that a parser of the program has read already is told once more. */
function readBody(raw: Handled): Readable | null {
  if (!raw.readableEnded || raw.body === undefined) return null;
  const isForm = raw.headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
  const text = isForm
    ? new URLSearchParams(raw.body as Record<string, string>).toString()
    : JSON.stringify(raw.body);
  const body = Readable.from([Buffer.from(text)]);
  return Object.assign(body, { receivedEncodedLength: Number(raw.headers["content-length"]) });
}
