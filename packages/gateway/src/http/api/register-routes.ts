import type { Log } from "@headgate/model";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { safeHeaders } from "../safe-headers.ts";
import { ApiProblem, notFound, problemOf } from "./api-problem.ts";
import { checked } from "./checked.ts";
import { requireFormToken } from "./cookies.ts";
import { type Asked, type Caller, Reply, type Route, type Rule } from "./route.ts";
import { spokenLang } from "./spoken-lang.ts";

/** A form holds a name and a password. */
const FORM_BYTES_MAX = 4096;
/** What is told back of what was asked. */
const DETAIL_MAX = 200;

/** Decides of each request, before its body is read, whether it may go on, and who asks. */
export type Guard = (request: FastifyRequest, rule: Rule) => Promise<Caller>;

declare module "fastify" {
  interface FastifyContextConfig {
    rule?: Rule;
  }
  interface FastifyRequest {
    caller: Caller | null;
  }
}

/** Lets a server answer by this table alone: a route without a rule cannot be added to it. */
export function registerRoutes(
  server: FastifyInstance,
  routes: readonly Route[],
  { guard, log }: { guard: Guard; log: Log },
): void {
  server.decorateRequest("caller", null);
  server.addHook("onRoute", ({ config, method, url }) => {
    if (!config?.rule) throw new Error(`route ${method} ${url} has no rule; put it into the table`);
  });
  server.addHook("onRequest", async (request) => {
    const { rule } = request.routeOptions.config;
    if (rule) request.caller = await guard(request, rule);
  });
  server.setNotFoundHandler(async ({ method, url }) => {
    throw notFound(`${method} ${pathOf(url)}`);
  });
  server.setErrorHandler<FastifyError>((error, request, reply) => {
    const problem = problemOf(error) ?? problemOfServer(error);
    if (problem === null) log.error(`${request.method} ${pathOf(request.url)} failed`, { error });
    return sendProblem(problem ?? new ApiProblem("bug"), request, reply);
  });
  takeForms(server);
  for (const route of routes) {
    const { method, path: url } = route;
    const handler = async (request: FastifyRequest, reply: FastifyReply) =>
      send(await route.handle(askedOf(request, reply, route)), reply);
    server.route({ method, url, handler, config: { rule: route }, exposeHeadRoute: false });
  }
}

/** What a form sends; other routes take none, as any page of the world could send one. */
function takeForms(server: FastifyInstance): void {
  const type = "application/x-www-form-urlencoded";
  const options = { parseAs: "string", bodyLimit: FORM_BYTES_MAX } as const;
  server.addContentTypeParser<string>(type, options, (request, text, done) => {
    const isForm = request.routeOptions.config.rule?.csrf === "form";
    if (!isForm) return done(new ApiProblem("wrong-type"));
    done(null, Object.fromEntries(new URLSearchParams(text)));
  });
}

function askedOf(request: FastifyRequest, reply: FastifyReply, route: Route): Asked {
  const { lang: asked, ...query } = request.query as Record<string, unknown>;
  const lang = spokenLang(asked, request.headers["accept-language"]);
  if (!request.caller) throw new Error(`nobody was asked who asks ${route.path}`);
  if (route.csrf === "form") {
    requireFormToken(request.caller, request.body, request.headers.cookie);
  }
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  return {
    params: checked("params", request.params, { schema: route.params, lang }),
    query: checked("query", query, { schema: route.query, lang }),
    body: checked("body", request.body, { schema: route.body, lang }),
    lang,
    caller: request.caller,
    signal: gone.signal,
    header: headerOf(request),
  };
}

function headerOf({ headers }: FastifyRequest) {
  return (name: string) => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
}

function send(answer: unknown, reply: FastifyReply): FastifyReply {
  if (!(answer instanceof Reply)) return reply.send(answer);
  for (const [name, value] of Object.entries(answer.headers)) reply.header(name, value);
  return reply.code(answer.status).send(answer.body);
}

/** As RFC 9457 has it; of a page for people as a page. */
export function sendProblem(problem: ApiProblem, request: FastifyRequest, reply: FastifyReply) {
  const { lang: asked } = (request.query ?? {}) as Record<string, unknown>;
  const lang = spokenLang(asked, request.headers["accept-language"]);
  const refusal = request.routeOptions?.config?.rule?.refusal;
  if (refusal) return send(refusal(problem, { lang, header: headerOf(request) }), reply);
  const body = problem.in(lang);
  for (const [name, value] of Object.entries(problem.particulars.headers ?? {})) {
    reply.header(name, value);
  }
  return reply
    .code(body.status)
    .type("application/problem+json; charset=utf-8")
    .send(JSON.stringify(body));
}

/** An address that is none, or too long: no hook has seen the request. */
export function refuseUnread(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  for (const [name, value] of Object.entries(safeHeaders)) reply.header(name, value);
  const problem = new ApiProblem("bad-request", { detail: error.message.slice(0, DETAIL_MAX) });
  return sendProblem(problem, request, reply);
}

/** What the server itself finds wrong with a request. */
function problemOfServer(error: FastifyError): ApiProblem | null {
  const { statusCode = 500, message: detail } = error;
  if (statusCode === 413) return new ApiProblem("too-large");
  if (statusCode === 415) return new ApiProblem("wrong-type");
  return statusCode < 500 ? new ApiProblem("bad-request", { detail }) : null;
}

function pathOf(url: string): string {
  return url.split("?")[0] ?? url;
}
