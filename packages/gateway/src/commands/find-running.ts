import { request as askPlain } from "node:http";
import { request as askSecure, type RequestOptions } from "node:https";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type Context, Misconfigured, Refused, Unreachable } from "@headgate/model";
import { accessFiles } from "../access/access.ts";
import { textIfThere } from "../access/durable-file.ts";
import type { GatewayConfig } from "../config/config.ts";
import type { Problem } from "../http/api/api-problem.ts";
import { isTls } from "../http/web-defaults.ts";

/** Where nobody listens the system says so at once; a busy gateway is given time. */
const ANSWER_MS_MAX = 10_000;

type Query = Readonly<Record<string, string | null>>;

/** The gateway that runs on a config, asked over HTTP with the token in its data folder. */
export interface RunningGateway {
  /** What a route answers; a fault comes back as it was thrown there. */
  ask<T>(path: string, query: Query, signal: AbortSignal): Promise<T>;
  /** Has it do something; a fault comes back as it was thrown there. */
  post<T>(path: string, body: object, signal: AbortSignal): Promise<T>;
  /** The bytes that a route goes on sending. */
  open(path: string, query: Query, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

/** The gateway that runs on this config; null if none answers where its page would be. */
export async function findRunning(
  config: GatewayConfig,
  { clock, signal }: Context,
): Promise<RunningGateway | null> {
  const { gateway, web } = config;
  if (web === null || web.port === 0) return null;
  const answered = new AbortController();
  const late = new AbortController();
  void clock
    .sleep(ANSWER_MS_MAX, AbortSignal.any([answered.signal, signal]))
    .then(() => late.abort());
  try {
    const running = await approach(config);
    const status = await running.ask<{ gateway?: { id?: string } }>("/api/status", {}, late.signal);
    return status.gateway?.id === gateway.id ? running : null;
  } catch {
    // Nobody there, or somebody else: then no gateway owns the lines.
    return null;
  } finally {
    answered.abort();
  }
}

async function approach({ web, buffer }: GatewayConfig): Promise<RunningGateway> {
  if (web === null) throw new Misconfigured("the config has web: false");
  const files = accessFiles(join(buffer.path, "web"));
  const token = (await textIfThere(files.localToken))?.trim();
  const authority = await textIfThere(join(files.certificates, "authority.pem"));
  const options: RequestOptions = {
    host: hostOf(web.host),
    port: web.port,
    // No connection outlives its question.
    agent: false,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(authority !== null && { ca: authority.slice(authority.indexOf("-----BEGIN CERT")) }),
  };
  const ask = isTls(web) ? askSecure : askPlain;
  const send = (given: RequestOptions, body: string) =>
    new Promise<Readable>((resolve, reject) => {
      const headers = { ...options.headers, ...given.headers };
      const asking = ask({ ...options, ...given, headers }, (answer) => {
        const { statusCode = 0 } = answer;
        if (statusCode >= 200 && statusCode < 300) resolve(answer);
        else faultOf(answer, statusCode).then(reject, reject);
      });
      asking.on("error", (cause) => {
        const what = `the gateway at ${options.host}:${options.port} does not answer`;
        reject(new Unreachable(what, { cause }));
      });
      asking.end(body);
    });
  const open = (path: string, query: Query, signal: AbortSignal) =>
    send({ path: withQuery(path, query), signal }, "");
  return {
    open,
    ask: async <T>(path: string, query: Query, signal: AbortSignal) =>
      JSON.parse(await text(await open(path, query, signal))) as T,
    post: async <T>(path: string, body: object, signal: AbortSignal) => {
      const headers = { "content-type": "application/json" };
      const answer = await send({ path, method: "POST", headers, signal }, JSON.stringify(body));
      return JSON.parse(await text(answer)) as T;
    },
  };
}

function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).flatMap(([key, value]): [string, string][] =>
    value === null ? [] : [[key, value]],
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

async function faultOf(answer: Readable, status: number): Promise<Error> {
  const told = JSON.parse(await text(answer)) as Partial<Problem>;
  const mistakes = told.errors?.map(({ path, message, hint }) => `${path}: ${message}; ${hint}`);
  const said = mistakes?.join("\n") ?? told.detail ?? told.title ?? `answered ${status}`;
  if (status >= 500) return new Unreachable(said);
  return status === 409 ? new Refused(said) : new Misconfigured(said);
}

/** Where all addresses are served, this machine's own is one. */
function hostOf(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host.replaceAll(/[[\]]/g, "");
}
