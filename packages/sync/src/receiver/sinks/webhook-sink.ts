import { createHash, createHmac } from "node:crypto";
import {
  type Clock,
  type Context,
  describeError,
  Misconfigured,
  Refused,
  Unreachable,
} from "@headgate/model";
import { encodeHandover } from "./handover-json.ts";
import type { Handover, Sink, SinkSession } from "./sink.ts";

const ANSWER_MS_MAX = 30_000;
const LINES_MAX = 100;
/** A far side that asks for a longer pause is asked again after this. */
const PAUSE_MS_MAX = 300_000;
const ANSWER_SHOWN_MAX = 200;

/** Where to post, and how. */
export interface WebhookOptions {
  readonly name: string;
  readonly url: string;
  /** Signs each request, so that the far side knows whose it is. */
  readonly secret?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** ndjson: up to `linesMax` entries a request, a line each. json: one. Default ndjson. */
  readonly format?: "ndjson" | "json";
  readonly linesMax?: number;
  /** Longest wait for an answer. Default 30 s. */
  readonly timeoutMs?: number;
}

/** Posts entries to an HTTP server; an answer of 2xx means that it has them. */
export function webhookSink(options: WebhookOptions): Sink {
  const isSingle = options.format === "json";
  return {
    name: options.name,
    limits: { handoversMax: isSingle ? 1 : (options.linesMax ?? LINES_MAX) },
    open: async ({ clock }: Context) => new WebhookSession(options, clock),
  };
}

class WebhookSession implements SinkSession {
  readonly #options: WebhookOptions;
  readonly #clock: Clock;

  constructor(options: WebhookOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  async take(handovers: readonly Handover[], signal: AbortSignal): Promise<void> {
    const answer = await this.#post(handovers, signal);
    if (answer.status >= 200 && answer.status < 300) return;
    throw faultOf(answer, this.#what);
  }

  async close(): Promise<void> {}

  get #what(): string {
    // Without user, password and query: they may be secrets.
    const { origin, pathname } = new URL(this.#options.url);
    return `sink "${this.#options.name}": ${origin}${pathname}`;
  }

  async #post(handovers: readonly Handover[], signal: AbortSignal): Promise<Answer> {
    const { url, format = "ndjson", timeoutMs = ANSWER_MS_MAX } = this.#options;
    const lines = handovers.map(encodeHandover);
    const body = format === "json" ? lines.join("") : `${lines.join("\n")}\n`;
    const over = new AbortController();
    const onAbort = () => over.abort();
    signal.addEventListener("abort", onAbort);
    const ended = new AbortController();
    void this.#clock.sleep(timeoutMs, ended.signal).then(() => over.abort());
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: this.#headers(handovers, body),
        body,
        redirect: "manual",
        signal: over.signal,
      });
      return await answerOf(response, this.#clock.nowMs());
    } catch (cause) {
      const why = over.signal.aborted ? `no answer within ${timeoutMs} ms` : describeError(cause);
      throw new Unreachable(`${this.#what}: ${why}; check address and network`, { cause });
    } finally {
      ended.abort();
      signal.removeEventListener("abort", onAbort);
    }
  }

  #headers(handovers: readonly Handover[], body: string): Record<string, string> {
    const { format = "ndjson", headers, secret } = this.#options;
    const at = this.#clock.nowMs();
    return {
      ...headers,
      "Content-Type": format === "json" ? "application/json" : "application/x-ndjson",
      "Idempotency-Key": requestKeyOf(handovers.map(({ key }) => key)),
      ...(secret === undefined ? {} : { "Headgate-Signature": signatureOf(secret, at, body) }),
    };
  }
}

/** `t=<UTC ms>,v1=<hex>`: HMAC-SHA-256 over `<UTC ms>.<body>`. */
export function signatureOf(secret: string, nowMs: number, body: string): string {
  const mac = createHmac("sha256", secret).update(`${nowMs}.${body}`).digest("hex");
  return `t=${nowMs},v1=${mac}`;
}

/** The same for the same entries: the key of one, a hash over the keys of several. */
function requestKeyOf(keys: readonly string[]): string {
  const [only] = keys;
  if (keys.length === 1 && only !== undefined) return encodeURI(only);
  return createHash("sha256").update(keys.join("\n")).digest("hex");
}

interface Answer {
  readonly status: number;
  readonly text: string;
  /** It asks to be left alone for so long; 0 if it does not. */
  readonly pauseMs: number;
}

async function answerOf(response: Response, nowMs: number): Promise<Answer> {
  const { status } = response;
  if (response.ok) {
    await response.body?.cancel();
    return { status, text: "", pauseMs: 0 };
  }
  const text = (await response.text()).slice(0, ANSWER_SHOWN_MAX).replace(/\s+/g, " ");
  return { status, text, pauseMs: pauseMsOf(response.headers.get("retry-after"), nowMs) };
}

/** Retry-After: seconds, or a date. */
export function pauseMsOf(text: string | null, nowMs: number): number {
  if (text === null) return 0;
  const pauseMs = /^\s*\d+\s*$/.test(text) ? 1000 * Number(text) : Date.parse(text) - nowMs;
  return Number.isNaN(pauseMs) ? 0 : Math.min(Math.max(0, pauseMs), PAUSE_MS_MAX);
}

/** What is wrong with the contents; anything else of 4xx is a person's matter. */
const REFUSALS = new Set([400, 413, 415, 422]);
const TRY_AGAIN = new Set([408, 409, 425, 429]);

function faultOf({ status, text, pauseMs }: Answer, what: string): Error {
  const said = text === "" ? "" : `: ${text}`;
  if (REFUSALS.has(status)) return new Refused(`${what} answers ${status}${said}`);
  if (status >= 500 || TRY_AGAIN.has(status)) {
    return new Unreachable(`${what} answers ${status}${said}`, { retryAfterMs: pauseMs });
  }
  return new Misconfigured(`${what} answers ${status}${said}; check address and rights`);
}
