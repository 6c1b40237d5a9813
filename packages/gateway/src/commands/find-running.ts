import { type Context, Misconfigured, Refused, Unreachable } from "@headgate/model";
import type { GatewayConfig } from "../config/config.ts";
import type { Problem } from "../http/api/api-problem.ts";

/** Where nobody listens the system says so at once; a busy gateway is given time. */
const ANSWER_MS_MAX = 10_000;

/** The page's address of the gateway that runs on this config; null if none answers there. */
export async function findRunning(
  { gateway, web }: GatewayConfig,
  { clock, signal }: Context,
): Promise<string | null> {
  if (web === null || web.port === 0) return null;
  const answered = new AbortController();
  const late = new AbortController();
  void clock
    .sleep(ANSWER_MS_MAX, AbortSignal.any([answered.signal, signal]))
    .then(() => late.abort());
  const url = `http://${hostOf(web.host)}:${web.port}`;
  try {
    const answer = await fetch(`${url}/api/status`, { signal: late.signal });
    const status = (await answer.json()) as { gateway?: { id?: string } };
    return status.gateway?.id === gateway.id ? url : null;
  } catch {
    // Nobody there, or somebody else: then no gateway owns the lines.
    return null;
  } finally {
    answered.abort();
  }
}

/** Where all addresses are served, this machine's own is one. */
function hostOf(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

type Query = Readonly<Record<string, string | null>>;

/** What a route of a running gateway answers; a fault comes back as it was thrown there. */
export async function askRunning<T>(url: string, query: Query, signal: AbortSignal): Promise<T> {
  const answer = await fetchRunning(url, query, signal);
  return (await answer.json()) as T;
}

/** Has a running gateway do something; a fault comes back as it was thrown there. */
export async function postRunning<T>(url: string, body: object, signal: AbortSignal): Promise<T> {
  const headers = { "content-type": "application/json" };
  const answer = await fetchFrom(new URL(url), {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    signal,
  });
  return (await answer.json()) as T;
}

/** The bytes that a route goes on sending. */
export async function openRunning(
  url: string,
  query: Query,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const { body } = await fetchRunning(url, query, signal);
  if (!body) throw new Unreachable(`the gateway at ${new URL(url).host} sent nothing`);
  return body;
}

async function fetchRunning(url: string, query: Query, signal: AbortSignal): Promise<Response> {
  const address = new URL(url);
  for (const [key, value] of Object.entries(query)) {
    if (value !== null) address.searchParams.set(key, value);
  }
  return await fetchFrom(address, { signal });
}

async function fetchFrom(address: URL, request: RequestInit): Promise<Response> {
  const answer = await fetch(address, request).catch((cause: unknown) => {
    throw new Unreachable(`the gateway at ${address.host} does not answer`, { cause });
  });
  if (answer.ok) return answer;
  const { status } = answer;
  const told = (await answer.json()) as Partial<Problem>;
  const mistakes = told.errors?.map(({ path, message, hint }) => `${path}: ${message}; ${hint}`);
  const text = mistakes?.join("\n") ?? told.detail ?? told.title ?? `answered ${status}`;
  if (status >= 500) throw new Unreachable(text);
  throw status === 409 ? new Refused(text) : new Misconfigured(text);
}
