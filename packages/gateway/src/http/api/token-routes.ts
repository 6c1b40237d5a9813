import { z } from "zod";
import type { Access } from "../../access/access.ts";
import { roleSchema, TOKENS_MAX, type Token } from "../../access/accounts.ts";
import { ApiProblem, notFound } from "./api-problem.ts";
import { Reply, type Route, type Rule, route } from "./route.ts";
import { userName } from "./session-routes.ts";

const DAY_MS = 86_400_000;
const DAYS_MAX = 3650;

const tokenShape = {
  id: z.string(),
  name: z.string(),
  role: roleSchema,
  paths: z.array(z.string()),
  createdMs: z.number(),
  expiresMs: z.number(),
};
const tokenSchema = z.strictObject(tokenShape).meta({ id: "Token" });
const newTokenSchema = z
  .strictObject({
    ...tokenShape,
    secret: z.string().meta({ description: "Shown this once. Authorization: Bearer …" }),
  })
  .meta({ id: "NewToken" });

export type ApiToken = z.infer<typeof tokenSchema>;
export type NewApiToken = z.infer<typeof newTokenSchema>;

const ADMIN = { role: "admin", csrf: "token", rate: "work" } as const satisfies Partial<Rule>;

const view = ({ hash: _, ...token }: Token) => token;

/** Programs: tokens with a role, paths that they are for, and an end. */
export function tokenRoutes(access: Access): readonly Route[] {
  return [
    route({
      ...ADMIN,
      method: "GET",
      csrf: "none",
      rate: "read",
      path: "/api/tokens",
      summary: "Tokens of programs, without their secrets",
      answer: z.array(tokenSchema),
      handle: async () => access.accounts.tokens.map(view),
    }),
    makeRoute(access),
    route({
      ...ADMIN,
      method: "DELETE",
      path: "/api/tokens/:token",
      summary: "Ends a token",
      params: z.strictObject({ token: z.string() }),
      problems: ["not-found"],
      answer: z.strictObject({ removed: z.string() }),
      handle: async ({ params: { token: id }, caller }) => {
        const token = access.accounts.token(id);
        if (!token) throw notFound(`token ${id}`);
        await access.accounts.removeToken(id);
        const { name: who, address } = caller;
        const deed = { who, address, action: "token.remove", detail: token.name } as const;
        await access.note({ ...deed, outcome: "done" });
        return { removed: id };
      },
    }),
  ];
}

function makeRoute(access: Access): Route {
  return route({
    ...ADMIN,
    method: "POST",
    path: "/api/tokens",
    summary: "A token for a program",
    problems: ["exists", "refused"],
    body: z.strictObject({
      name: userName,
      role: roleSchema,
      paths: z
        .array(z.string().regex(/^\/[\w./-]*$/))
        .max(20)
        .default([])
        .meta({ description: 'Only below these, such as "/metrics"; everywhere if empty' }),
      days: z.int().min(1).max(DAYS_MAX),
    }),
    answer: newTokenSchema,
    handle: async ({ body, caller }) => {
      const { name, role, paths, days } = body;
      if (access.accounts.tokens.some((token) => token.name === name)) {
        throw new ApiProblem("exists", { params: { what: name } });
      }
      if (access.accounts.tokens.length >= TOKENS_MAX) {
        throw new ApiProblem("refused", { detail: `there are ${TOKENS_MAX} tokens already` });
      }
      const expiresMs = access.clock.nowMs() + days * DAY_MS;
      const { token, secret } = await access.makeToken({ name, role, paths, expiresMs });
      const detail = `${name}: ${role}, ${days} days, ${paths.join(" ") || "everywhere"}`;
      const { name: who, address } = caller;
      await access.note({ who, address, action: "token.add", outcome: "done", detail });
      return new Reply({ ...view(token), secret }, { status: 201 });
    },
  });
}
