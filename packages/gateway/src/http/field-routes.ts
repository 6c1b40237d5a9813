import { Readable } from "node:stream";
import { describeError, Misconfigured, Refused, Unreachable } from "@headgate/model";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { FieldView } from "../field-view.ts";
import type { InspectRequest } from "../inspect/inspect-device.ts";
import { followFrames, framesOf, type LineView, recordLine } from "../line/line-view.ts";

/** A trace that somebody forgot ends by itself. */
const FOLLOW_SECONDS_MAX = 600;

/** Routes about devices and their lines: `/api/inspect`, `/api/channels/…`. */
export function addFieldRoutes(server: FastifyInstance, field: FieldView): void {
  server.get("/api/inspect", async ({ query }, reply) =>
    orFault(reply, async () => await field.inspect(requestOf(query as Query))),
  );
  const line = <T>(path: string, answer: (asked: LineAsked, reply: FastifyReply) => T) => {
    server.get(`/api/channels/:channel/${path}`, async ({ params, query }, reply) =>
      orFault(reply, async () => {
        const { channel } = params as { channel: string };
        const durationMs = durationOf(query as Query);
        return await answer({ view: field.line(channel), durationMs }, reply);
      }),
    );
  };
  line("trace", ({ view }) => ({
    tsharkOptions: view.protocol.tsharkOptions,
    frames: framesOf(view),
  }));
  line("units", ({ view: { watch } }) => ({ strayCount: watch.strayCount, units: watch.units() }));
  line("trace/follow", ({ view, durationMs }, reply) =>
    reply.type("application/x-ndjson").send(Readable.from(followFrames(view, durationMs))),
  );
  line("recording.pcap", ({ view, durationMs }, reply) =>
    reply
      .type("application/vnd.tcpdump.pcap")
      .send(Readable.from(recordLine(view, durationMs), { objectMode: false })),
  );
}

interface LineAsked {
  readonly view: LineView;
  readonly durationMs: number;
}

/** Nothing asked is as long as may be. */
function durationOf(query: Query): number {
  const { seconds } = query;
  const number = numberOf(typeof seconds === "string" ? seconds : null, "seconds");
  if (number === null) return FOLLOW_SECONDS_MAX * 1000;
  if (number >= 0 && number <= FOLLOW_SECONDS_MAX) return number * 1000;
  throw new Misconfigured(`seconds ${number}: write 0 to ${FOLLOW_SECONDS_MAX}`);
}

type Query = Readonly<Record<string, string | string[] | undefined>>;

function requestOf(query: Query): InspectRequest {
  const text = (key: string): string | null => {
    const value = query[key];
    return typeof value === "string" && value !== "" ? value : null;
  };
  const name = text("point") ?? text("device");
  if (name === null) {
    throw new Misconfigured(
      "inspect what? add ?device=…&address=holding:40, or ?point=device/point",
    );
  }
  const hints = {
    shows: text("shows"),
    unit: text("unit"),
    min: numberOf(text("min"), "min"),
    max: numberOf(text("max"), "max"),
  };
  return { name, address: text("address"), hints };
}

function numberOf(text: string | null, key: string): number | null {
  if (text === null) return null;
  const number = Number(text);
  if (Number.isFinite(number)) return number;
  throw new Misconfigured(`${key} ${text} is no number`);
}

/** A fault as an answer: what happened and what to do, for whoever asks. */
async function orFault<T>(
  reply: FastifyReply,
  answer: () => Promise<T>,
): Promise<T | FastifyReply> {
  try {
    return await answer();
  } catch (error) {
    const code = codeOf(error);
    if (code === null) throw error;
    return reply.code(code).send({ error: describeError(error) });
  }
}

function codeOf(error: unknown): number | null {
  if (error instanceof Misconfigured) return 400;
  if (error instanceof Refused) return 409;
  return error instanceof Unreachable ? 503 : null;
}
