import { describeError, Misconfigured, Refused, Unreachable } from "@headgate/model";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { FieldView } from "../field-view.ts";
import type { InspectRequest } from "../inspect/inspect-device.ts";

/** Routes that ask devices: `/api/inspect`. */
export function addFieldRoutes(server: FastifyInstance, field: FieldView): void {
  server.get("/api/inspect", async ({ query }, reply) =>
    orFault(reply, async () => await field.inspect(requestOf(query as Query))),
  );
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
  throw new Misconfigured(`inspect: ${key} ${text} is no number`);
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
