import type { Problem } from "@headgate/gateway/api-types";

const ANSWER_MS_MAX = 15_000;

/** What the gateway said instead of an answer. */
export class AskError extends Error {
  override name = "AskError";
  /** Null where nobody answered. */
  readonly problem: Problem | null;

  constructor(message: string, problem: Problem | null) {
    super(message);
    this.problem = problem;
  }
}

let onUnknown: () => void = () => {};

/** Has `hear` told when the gateway does not know any more who asks: a login has ended. */
export function whenUnknown(hear: () => void): void {
  onUnknown = hear;
}

/** Of an answer that is a problem; that a login has ended is told. */
export function refusalOf(problem: Problem): AskError {
  if (/^(login-needed|wrong-csrf)$/.test(problem.code)) onUnknown();
  return new AskError(problem.detail ?? problem.title, problem);
}

/** What goes with a question that is more than reading. */
interface Sent {
  readonly method?: "POST" | "PUT" | "DELETE";
  readonly body?: unknown;
  /** Of the session: it proves that this page asks. */
  readonly csrf?: string;
  /** The version of the configuration that was looked at. */
  readonly seen?: number;
  readonly signal?: AbortSignal;
}

/** An answer of the API in JSON; `path` is relative to the page, which may have a prefix. */
export async function ask<T>(path: string, sent: Sent = {}): Promise<T> {
  const { signal: outer } = sent;
  const ending = new AbortController();
  const end = () => ending.abort();
  const timer = setTimeout(end, ANSWER_MS_MAX);
  outer?.addEventListener("abort", end, { once: true });
  try {
    const answer = await fetch(path, {
      method: sent.method ?? "GET",
      cache: "no-store",
      signal: ending.signal,
      headers: {
        "accept-language": document.documentElement.lang,
        ...(sent.body !== undefined && { "content-type": "application/json" }),
        ...(sent.csrf !== undefined && { "x-csrf-token": sent.csrf }),
        ...(sent.seen !== undefined && { "if-match": `"${sent.seen}"` }),
      },
      ...(sent.body !== undefined && { body: JSON.stringify(sent.body) }),
    });
    const body: unknown = await answer.json();
    if (answer.ok) return body as T;
    throw refusalOf(body as Problem);
  } catch (error) {
    if (error instanceof AskError) throw error;
    throw new AskError(error instanceof Error ? error.message : String(error), null);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", end);
  }
}
