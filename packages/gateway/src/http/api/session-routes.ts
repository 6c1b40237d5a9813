import { z } from "zod";
import type { Access, Entry } from "../../access/access.ts";
import { type Account, roleSchema } from "../../access/accounts.ts";
import {
  hashPassword,
  isPassword,
  PASSWORD_CHARACTERS_MAX,
  PASSWORD_CHARACTERS_MIN,
} from "../../access/password.ts";
import type { Site } from "../site.ts";
import { ApiProblem } from "./api-problem.ts";
import { sessionCookie } from "./cookies.ts";
import type { ProblemCode } from "./problem-texts.ts";
import { type Asked, Reply, type Route, route } from "./route.ts";

export const userName = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u)
  .meta({
    description: "Letters, digits, `.`, `_` and `-`, at most 64",
  });
export const newPassword = z
  .string()
  .min(PASSWORD_CHARACTERS_MIN)
  .max(PASSWORD_CHARACTERS_MAX)
  .meta({
    description: `At least ${PASSWORD_CHARACTERS_MIN} characters: write a sentence`,
  });
export const anyPassword = z.string().min(1).max(PASSWORD_CHARACTERS_MAX);

/** Who asks, and what that may. */
export const sessionSchema = z
  .strictObject({
    isClaimed: z.boolean().meta({ description: "False: POST /api/claim first" }),
    name: z.string().nullable().meta({ description: "Null without a login" }),
    role: roleSchema.nullable().meta({ description: "What may be asked; null: nothing" }),
    csrf: z.string().nullable().meta({ description: "For the header X-CSRF-Token" }),
  })
  .meta({ id: "Session" });

/** Getting in and out: who am I, claim, login, logout, password. */
export function sessionRoutes(access: Access, site: Site): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/api/session",
      summary: "Who I am, what I may, and the token for X-CSRF-Token",
      role: "anyone",
      csrf: "none",
      rate: "read",
      answer: sessionSchema,
      handle: async ({ caller }) => ({
        isClaimed: site.whoAsks !== null || access.accounts.isClaimed,
        name: caller.session || caller.isHosts ? caller.name : null,
        role: caller.role,
        csrf: caller.session?.csrf ?? null,
      }),
    }),
    // Where the program around knows who asks, its login is the only one.
    ...(site.whoAsks ? [] : [...enterRoutes(access, site), ...ownRoutes(access, site)]),
  ];
}

function enterRoutes(access: Access, site: Site): readonly Route[] {
  const enter = async (account: Account, { caller }: Asked): Promise<Reply> => {
    const { name, role } = account;
    const given = { account: name, address: caller.address };
    const { session, secret } = await access.sessions.begin(given, access.clock.nowMs());
    const body = { isClaimed: true, name, role, csrf: session.csrf };
    return new Reply(body, { headers: { "set-cookie": sessionCookie(secret, site) } });
  };
  return [
    route({
      method: "POST",
      path: "/api/claim",
      summary: "Makes the first admin, by the code in the log of a gateway that nobody owns",
      role: "anyone",
      csrf: "origin",
      rate: "login",
      problems: ["claimed", "wrong-code", "locked-out"],
      body: z.strictObject({ code: z.string().max(40), name: userName, password: newPassword }),
      answer: sessionSchema,
      handle: async (asked) => {
        if (access.accounts.isClaimed) throw new ApiProblem("claimed");
        const { code, name, password } = asked.body;
        const { address } = asked.caller;
        const entry = await access.claim(code, { name, password, address });
        return await enter(insideOf(entry, "wrong-code"), asked);
      },
    }),
    route({
      method: "POST",
      path: "/api/session",
      summary: "Logs in: sets the cookie",
      role: "anyone",
      csrf: "origin",
      rate: "login",
      problems: ["wrong-login", "locked-out", "not-claimed"],
      body: z.strictObject({ name: z.string().min(1).max(64), password: anyPassword }),
      answer: sessionSchema,
      handle: async (asked) => {
        if (!access.accounts.isClaimed) throw new ApiProblem("not-claimed");
        const { name, password } = asked.body;
        const entry = await access.login(name, password, asked.caller.address);
        return await enter(insideOf(entry, "wrong-login"), asked);
      },
    }),
  ];
}

function ownRoutes(access: Access, site: Site): readonly Route[] {
  const OWN = { role: "viewer", csrf: "token" } as const;
  const nothing = z.strictObject({ ended: z.int().meta({ description: "How many sessions" }) });
  return [
    route({
      ...OWN,
      method: "DELETE",
      path: "/api/session",
      summary: "Logs out",
      rate: "read",
      answer: nothing,
      handle: async ({ caller }) => {
        const { nowMs } = { nowMs: access.clock.nowMs() };
        const ended = await access.sessions.end(({ id }) => id === caller.session?.id, nowMs);
        return new Reply({ ended }, { headers: { "set-cookie": sessionCookie("", site) } });
      },
    }),
    route({
      ...OWN,
      method: "PUT",
      path: "/api/session/password",
      summary: "Changes one's own password; ends one's other sessions",
      rate: "login",
      problems: ["wrong-login", "locked-out", "login-needed"],
      body: z.strictObject({ password: anyPassword, newPassword }),
      answer: nothing,
      handle: async ({ body, caller }) => {
        const account = caller.session && access.accounts.account(caller.name);
        if (!account) throw new ApiProblem("login-needed");
        if (!(await isPassword(body.password, account.password))) {
          throw new ApiProblem("wrong-login");
        }
        const password = await hashPassword(body.newPassword);
        const known = account.password;
        const changed = await access.accounts.changeAccount(account.name, (now) => {
          // An admin may have given it another meanwhile.
          return now.password === known ? { ...now, password } : now;
        });
        if (changed?.password !== password) throw new ApiProblem("wrong-login");
        const { name: who, address } = caller;
        const deed = { who, address, action: "password", outcome: "done", detail: "" } as const;
        await access.note(deed);
        const isOther = (session: { id: string; account: string }) =>
          session.account === who && session.id !== caller.session?.id;
        return { ended: await access.sessions.end(isOther, access.clock.nowMs()) };
      },
    }),
  ];
}

export function insideOf(entry: Entry<Account>, wrong: ProblemCode): Account {
  if (entry.kind === "in") return entry.value;
  if (entry.kind === "wrong") throw new ApiProblem(wrong);
  const seconds = Math.ceil(entry.forMs / 1000);
  const headers = { "retry-after": `${seconds}` };
  throw new ApiProblem("locked-out", { params: { seconds }, headers });
}
