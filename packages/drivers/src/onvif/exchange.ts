import http from "node:http";
import https from "node:https";
import { type Clock, Unreachable } from "@headgate/model";

/** One HTTP request with all its limits. */
export interface HttpRequest {
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From the first packet to the last byte. */
  readonly timeoutMs: number;
  readonly bytesMax: number;
  readonly signal: AbortSignal;
}

/** A whole HTTP answer. */
export interface HttpReply {
  readonly status: number;
  readonly contentType: string;
  /** The `WWW-Authenticate` values as they came. */
  readonly challenges: readonly string[];
  readonly bytes: Buffer;
}

/**
 * Sends one request on a connection of its own: cameras close idle ones at a bad moment.
 * Settles once and in time, whatever the camera does; rejects with `Unreachable` and the cause.
 */
export async function exchange(request: HttpRequest, clock: Clock): Promise<HttpReply> {
  const settled = new AbortController();
  const { timeoutMs, signal } = request;
  if (signal.aborted) throw new Unreachable("stopped");
  try {
    return await new Promise((resolve, reject) => {
      const outgoing = send(request, resolve, (cause) => reject(new Unreachable(cause)));
      const giveUp = (cause: string) => {
        reject(new Unreachable(cause));
        outgoing.destroy();
      };
      signal.addEventListener("abort", () => giveUp("stopped"), { signal: settled.signal });
      void clock.sleep(timeoutMs, settled.signal).then(() => {
        if (!settled.signal.aborted) giveUp(`timeout after ${timeoutMs} ms`);
      });
    });
  } finally {
    settled.abort();
  }
}

function send(
  request: HttpRequest,
  resolve: (reply: HttpReply) => void,
  fail: (cause: string) => void,
): http.ClientRequest {
  const { url, method, headers, body, bytesMax } = request;
  const library = url.protocol === "https:" ? https : http;
  const length = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body, "utf8") };
  const options = { method, headers: { ...headers, ...length }, agent: false };
  const outgoing = library.request(url, options, (incoming) => {
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= bytesMax) return void chunks.push(chunk);
      fail(`answer larger than ${bytesMax} bytes`);
      outgoing.destroy();
    });
    // A cut answer never ends, but it closes.
    incoming.on("close", () => {
      if (!incoming.complete) return fail("answer cut short");
      resolve({
        status: incoming.statusCode ?? 0,
        contentType: incoming.headers["content-type"] ?? "",
        challenges: headerValues(incoming.rawHeaders, "www-authenticate"),
        bytes: Buffer.concat(chunks),
      });
    });
    incoming.on("error", (error) => fail(error.message || "answer cut short"));
  });
  outgoing.on("error", (error: NodeJS.ErrnoException) => fail(networkCause(error)));
  outgoing.end(body);
  return outgoing;
}

function networkCause(error: NodeJS.ErrnoException): string {
  if (error.code === "ECONNREFUSED") return "connection refused";
  if (error.code === "ECONNRESET") return "connection reset";
  if (error.code === "ENOTFOUND") return "host not found; check its name, and DNS";
  if (error.code === "EAI_AGAIN") return "DNS does not answer; check the network";
  return error.message || error.code || "network error";
}

function headerValues(raw: readonly string[], name: string): string[] {
  return raw.filter((_, index) => index % 2 === 1 && raw[index - 1]?.toLowerCase() === name);
}
