import type { Readable } from "node:stream";
import type { z } from "zod";
import type { Lang } from "../../config/messages.ts";
import type { ApiProblem } from "./api-problem.ts";
import type { ProblemCode } from "./problem-texts.ts";

/** Each may what those before it may. */
export const ROLES = ["viewer", "technician", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** How often a caller may ask: each class has a budget of its own. */
export type RateClass = "read" | "bulk" | "work" | "stream" | "login";

/** Who asks. */
export interface Caller {
  /** "tech-1", "token erp", "this machine"; for the log of who did what. */
  readonly name: string;
  /** Null while nobody has said who it is. */
  readonly role: Role | null;
  readonly address: string;
  /** Known to the program that the gateway is embedded in, and not to the gateway. */
  readonly isHosts?: boolean;
  /** The login, where there is one. */
  readonly session: { readonly id: string; readonly csrf: string } | null;
}

/** A question: everything in it is checked already. */
export interface Asked<P = unknown, Q = unknown, B = unknown> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly lang: Lang;
  readonly caller: Caller;
  /** Aborts when whoever asked has gone. */
  readonly signal: AbortSignal;
  header(name: string): string | undefined;
}

/** An answer that is more than a value in JSON. */
export class Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: unknown;

  constructor(
    body: unknown,
    given: { status?: number; headers?: Readonly<Record<string, string | readonly string[]>> } = {},
  ) {
    this.body = body;
    this.status = given.status ?? 200;
    this.headers = given.headers ?? {};
  }
}

/** Bytes or text as they come. */
export function streamed(type: string, body: Readable | string): Reply {
  return new Reply(body, { headers: { "content-type": type } });
}

/** What every route says of itself: without it there is none. */
export interface Rule {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** "/api/devices/:device". */
  readonly path: string;
  readonly summary: string;
  readonly role: Role | "anyone";
  /** What proves that a page of ours asks, a header or a field; nothing where one only reads. */
  readonly csrf: "token" | "form" | "origin" | "none";
  readonly rate: RateClass;
  readonly problems: readonly ProblemCode[];
  /** Of a page for people: how it says that it cannot be shown; all others say it in JSON. */
  readonly refusal?: (problem: ApiProblem, asked: RefusalAsked) => Reply;
}

/** What is known of a request that is refused. */
export interface RefusalAsked {
  readonly lang: Lang;
  header(name: string): string | undefined;
}

/** A route as the table holds it. */
export interface Route extends Rule {
  readonly params: z.ZodType | null;
  readonly query: z.ZodType | null;
  readonly body: z.ZodType | null;
  /** The answer's schema, or the type of what is streamed. */
  readonly answer: z.ZodType | string;
  handle(asked: Asked): Promise<unknown>;
}

type Maybe = z.ZodType | undefined;
type Of<S extends Maybe> = S extends z.ZodType ? z.output<S> : undefined;

interface Spec<P extends Maybe, Q extends Maybe, B extends Maybe, A extends z.ZodType | string>
  extends Omit<Rule, "problems"> {
  readonly problems?: readonly ProblemCode[];
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly answer: A;
  readonly handle: (
    asked: Asked<Of<P>, Of<Q>, Of<B>>,
  ) => Promise<A extends z.ZodType ? Immutable<z.output<A>> | Reply : Reply>;
}

/** Handlers answer with what they hold, which is read-only. */
type Immutable<T> = T extends object ? { readonly [K in keyof T]: Immutable<T[K]> } : T;

/** A route whose handler is typed by its schemas. */
export function route<
  A extends z.ZodType | string,
  P extends Maybe = undefined,
  Q extends Maybe = undefined,
  B extends Maybe = undefined,
>(spec: Spec<P, Q, B, A>): Route {
  const { params = null, query = null, body = null, problems = [], handle } = spec;
  // What is checked against the schemas has their types.
  return { ...spec, params, query, body, problems, handle: handle as Route["handle"] };
}
