import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { z } from "zod";
import type { Access } from "../../access/access.ts";
import type { Token } from "../../access/accounts.ts";
import type { GatewayView } from "../../status.ts";
import { LiveStream, STREAM_POINTS_MAX, type Wanted } from "../live-stream.ts";
import { ApiProblem, notFound } from "./api-problem.ts";
import { type Caller, Reply, type Route, route } from "./route.ts";

const STREAMS_MAX = 100;
/** A browser over HTTP/1.1 has six connections for all its pages. */
const STREAMS_OF_ONE_MAX = 20;
/** Whoever takes nothing for so long is let go. */
const STUCK_MS_MAX = 30_000;
const STATUS_MS_MIN = 1_000;
const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "x-accel-buffering": "no",
} as const;

const wantedSchema = z.strictObject({
  points: z
    .array(z.string().max(200))
    .max(STREAM_POINTS_MAX)
    .default([])
    .meta({ description: "Ids; a batch names them by their place in this list" }),
  list: z
    .int()
    .default(0)
    .meta({ description: "A number of this list, told with each batch of it" }),
  status: z.boolean().default(true),
  everyMs: z.int().min(250).max(60_000).default(250),
});

interface Open {
  readonly stream: LiveStream;
  readonly caller: Caller;
}

/** Live data: one stream for a page, and what it is to hear. */
export function streamRoutes(view: GatewayView, access: Access): readonly Route[] {
  const open = new Map<string, Open>();
  const source = {
    sampleOf: (id: string) => view.sampleOf?.(id),
    statusText: shared(view, access),
  };
  return [
    route({
      method: "GET",
      path: "/api/stream",
      summary: "Server-sent events: hello, points, status, beat (every 5 s where nothing else is)",
      role: "viewer",
      csrf: "none",
      rate: "stream",
      query: z.strictObject({
        points: z
          .string()
          .max(8_000)
          .optional()
          .meta({ description: "Ids with commas between them; or PUT /api/streams/:stream" }),
        status: z.enum(["true", "false"]).default("true"),
      }),
      answer: "text/event-stream",
      handle: async ({ query, caller, signal }) => {
        const own = [...open.values()].filter((other) => isSameCaller(other.caller, caller));
        if (open.size >= STREAMS_MAX || own.length >= STREAMS_OF_ONE_MAX) {
          throw new ApiProblem("too-many", { params: { seconds: 5 } });
        }
        const id = randomBytes(8).toString("hex");
        const points = (query.points ?? "").split(",").filter((name) => name !== "");
        const wanted = { points, hasStatus: query.status === "true", list: 0, everyMs: 250 };
        const isWelcome = () => isStillIn(access, caller);
        const stream = new LiveStream(id, wanted, { ...source, isWelcome });
        open.set(id, { stream, caller });
        signal.addEventListener("abort", () => open.delete(id), { once: true });
        return new Reply(readableOf(stream, access, signal), { headers: HEADERS });
      },
    }),
    wantRoute(open),
  ];
}

function wantRoute(open: ReadonlyMap<string, Open>): Route {
  return route({
    method: "PUT",
    path: "/api/streams/:stream",
    summary: "What a stream is to tell from now on",
    role: "viewer",
    csrf: "token",
    rate: "read",
    params: z.strictObject({ stream: z.string() }),
    body: wantedSchema,
    problems: ["not-found"],
    answer: z.strictObject({ stream: z.string() }),
    handle: async ({ params, body, caller }) => {
      const found = open.get(params.stream);
      if (!found || !isSameCaller(found.caller, caller)) {
        throw notFound(`stream ${params.stream}`);
      }
      const { points, list, status, everyMs } = body;
      const wanted: Wanted = { points, hasStatus: status, list, everyMs };
      found.stream.want(wanted);
      return { stream: params.stream };
    },
  });
}

/** One text of the status a second, however many listen. */
function shared(view: GatewayView, { clock }: Access): () => string | null {
  let [text, atMs]: [string | null, number] = [null, Number.NEGATIVE_INFINITY];
  return () => {
    if (clock.monotonicMs() - atMs < STATUS_MS_MIN) return text;
    const status = view.status();
    text = status && JSON.stringify(status);
    atMs = clock.monotonicMs();
    return text;
  };
}

/** One text at a time waits for who is slow; what changed meanwhile comes in the next. */
function readableOf(stream: LiveStream, { clock }: Access, signal: AbortSignal): Readable {
  const events = async function* () {
    for await (const text of stream.events(clock, signal)) {
      const taken = new AbortController();
      void clock.sleep(STUCK_MS_MAX, taken.signal).then(() => {
        if (!taken.signal.aborted) readable.destroy();
      });
      try {
        yield text;
      } finally {
        taken.abort();
      }
    }
  };
  const readable = Readable.from(events(), { highWaterMark: 1 });
  return readable;
}

function isSameCaller(one: Caller, other: Caller): boolean {
  return one.name === other.name && one.address === other.address;
}

function isStillIn({ sessions, accounts, clock }: Access, caller: Caller): boolean {
  const { session, name, isHosts } = caller;
  if (isHosts) return true;
  if (session === null) return !isToken(name) || hasToken(accounts.tokens, name, clock.nowMs());
  const isOpen = sessions.list(clock.nowMs()).some(({ id }) => id === session.id);
  return isOpen && accounts.account(name) !== null;
}

const TOKEN = "token ";
const isToken = (name: string) => name.startsWith(TOKEN);

function hasToken(tokens: readonly Token[], caller: string, nowMs: number): boolean {
  return tokens.some(({ name, expiresMs }) => `${TOKEN}${name}` === caller && nowMs < expiresMs);
}
