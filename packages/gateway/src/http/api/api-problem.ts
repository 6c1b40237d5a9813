import { describeError, Misconfigured, Refused, Unreachable } from "@headgate/model";
import { z } from "zod";
import type { Lang } from "../../config/messages.ts";
import { PROBLEM_CODES, type ProblemCode, problemStatus, problemTitle } from "./problem-texts.ts";

/** One mistake in a request or a configuration. */
export const mistakeSchema = z
  .strictObject({
    path: z.string().meta({ description: '"body.name", "devices.tank.scan"' }),
    code: z.string(),
    message: z.string(),
    hint: z.string().meta({ description: "What to do about it; may be empty" }),
    line: z.int().optional(),
  })
  .meta({ id: "Mistake" });
export type Mistake = z.infer<typeof mistakeSchema>;

/** RFC 9457. */
export const problemSchema = z
  .strictObject({
    type: z.string().meta({ description: "urn:headgate:problem:<code>" }),
    title: z.string().meta({ description: "In the language asked for: ?lang or Accept-Language" }),
    status: z.int(),
    detail: z.string().optional().meta({ description: "As the gateway or the device said it" }),
    code: z.enum(PROBLEM_CODES as [ProblemCode, ...ProblemCode[]]),
    params: z.record(z.string(), z.union([z.string(), z.number()])),
    errors: z.array(mistakeSchema).optional(),
  })
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof problemSchema>;

interface Particulars {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly detail?: string;
  readonly errors?: readonly Mistake[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by whoever cannot answer. */
export class ApiProblem extends Error {
  override name = "ApiProblem";
  readonly code: ProblemCode;
  readonly particulars: Particulars;

  constructor(code: ProblemCode, particulars: Particulars = {}) {
    super(particulars.detail ?? problemTitle(code, "en", particulars.params ?? {}));
    this.code = code;
    this.particulars = particulars;
  }

  in(lang: Lang): Problem {
    const { params = {}, detail, errors } = this.particulars;
    return {
      type: `urn:headgate:problem:${this.code}`,
      title: problemTitle(this.code, lang, params),
      status: problemStatus(this.code),
      ...(detail !== undefined && { detail }),
      code: this.code,
      params: { ...params },
      ...(errors && { errors: [...errors] }),
    };
  }
}

/** A fault of the house as a problem; null if it is none: then it is a bug. */
export function problemOf(error: unknown): ApiProblem | null {
  if (error instanceof ApiProblem) return error;
  const detail = describeError(error);
  if (error instanceof Misconfigured) return new ApiProblem("misconfigured", { detail });
  if (error instanceof Refused) return new ApiProblem("refused", { detail });
  if (error instanceof Unreachable) return new ApiProblem("unreachable", { detail });
  return null;
}

/** Thrown where nothing has that name. */
export function notFound(what: string): ApiProblem {
  return new ApiProblem("not-found", { params: { what } });
}
