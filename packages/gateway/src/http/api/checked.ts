import type { z } from "zod";
import { checkShape } from "../../config/check-shape.ts";
import type { Lang } from "../../config/messages.ts";
import { type Finding, inWords } from "../../config/problem.ts";
import { ApiProblem, type Mistake } from "./api-problem.ts";

const NOWHERE = { line: 0, column: 0, length: 0 };
const SECRET_KEY = /^(password|code|secret|token)$/i;

/** A part of a request that its schema takes; throws with every mistake in it. */
export function checked(
  part: "params" | "query" | "body",
  value: unknown,
  { schema, lang }: { schema: z.ZodType | null; lang: Lang },
): unknown {
  if (schema === null) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  // Said again in the words of the house, which has them in both languages.
  const findings: Finding[] = [];
  checkShape({ path: [part], value, schema }, (finding) => findings.push(finding));
  const hide = secretsIn(value);
  const errors = findings.map((finding): Mistake => {
    const { path, code, message, hint } = inWords(finding, NOWHERE, { lang, hide });
    return { path, code, message, hint };
  });
  throw new ApiProblem("bad-request", { errors });
}

/** What is never told back. */
function secretsIn(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => {
    if (SECRET_KEY.test(key)) return [typeof part === "string" ? part : JSON.stringify(part)];
    return secretsIn(part);
  });
}
