import { z } from "zod";
import type { Access } from "../../access/access.ts";
import { roleSchema } from "../../access/accounts.ts";
import type { AuditAction } from "../../access/audit-log.ts";
import { hashPassword } from "../../access/password.ts";
import { ApiProblem, notFound } from "./api-problem.ts";
import { type Caller, Reply, type Route, type Rule, route } from "./route.ts";
import { newPassword, userName } from "./session-routes.ts";

const userSchema = z
  .strictObject({ name: z.string(), role: roleSchema, createdMs: z.number() })
  .meta({ id: "User" });
export type User = z.infer<typeof userSchema>;

const sessionSchema = z
  .strictObject({
    id: z.string(),
    user: z.string(),
    address: z.string(),
    createdMs: z.number(),
    usedMs: z.number(),
    isOwn: z.boolean(),
  })
  .meta({ id: "OpenSession" });

export type OpenSession = z.infer<typeof sessionSchema>;

const LOOK = {
  method: "GET",
  role: "admin",
  csrf: "none",
  rate: "read",
} as const satisfies Partial<Rule>;
const CHANGE = { role: "admin", csrf: "token", rate: "work" } as const satisfies Partial<Rule>;

/** People: who may log in, with which role, and where they are logged in. */
export function userRoutes(access: Access): readonly Route[] {
  const view = ({ name, role, createdMs }: z.infer<typeof userSchema>) => ({
    name,
    role,
    createdMs,
  });
  const note = (caller: Caller, action: AuditAction, detail: string) => {
    const { name: who, address } = caller;
    return access.note({ who, address, action, outcome: "done", detail });
  };
  return [
    route({
      ...LOOK,
      path: "/api/users",
      summary: "Everybody who may log in",
      answer: z.array(userSchema),
      handle: async () => access.accounts.accounts.map(view),
    }),
    route({
      ...CHANGE,
      method: "POST",
      path: "/api/users",
      summary: "Lets somebody in",
      problems: ["exists", "refused"],
      body: z.strictObject({ name: userName, role: roleSchema, password: newPassword }),
      answer: userSchema,
      handle: async ({ body, caller }) => {
        const account = await access.makeAccount(body, ({ accounts }) => {
          if (!accounts.some(({ name }) => name === body.name)) return;
          throw new ApiProblem("exists", { params: { what: body.name } });
        });
        await note(caller, "user.add", `${body.name}: ${body.role}`);
        return new Reply(view(account), { status: 201 });
      },
    }),
    ...changeRoutes(access, note),
    ...openSessionRoutes(access, note),
  ];
}

const hashed = async (password: string) => ({ password: await hashPassword(password) });

type Note = (caller: Caller, action: AuditAction, detail: string) => Promise<void>;

function changeRoutes(access: Access, note: Note): readonly Route[] {
  const params = z.strictObject({ user: z.string() });
  const endSessions = (name: string) =>
    access.sessions.end(({ account }) => account === name, access.clock.nowMs());
  return [
    route({
      ...CHANGE,
      method: "PUT",
      path: "/api/users/:user",
      summary: "Changes somebody's role or password; ends their sessions",
      params,
      problems: ["not-found", "refused"],
      body: z.strictObject({ role: roleSchema.optional(), password: newPassword.optional() }),
      answer: userSchema,
      handle: async ({ params: { user }, body, caller }) => {
        const password = body.password === undefined ? {} : await hashed(body.password);
        let oldRole = "";
        const account = await access.accounts.changeAccount(user, (old) => {
          oldRole = old.role;
          return { ...old, role: body.role ?? old.role, ...password };
        });
        if (!account) throw notFound(`user "${user}"`);
        await endSessions(user);
        const changed = body.password === undefined ? "" : ", new password";
        await note(caller, "user.change", `${user}: ${oldRole} → ${account.role}${changed}`);
        return { name: user, role: account.role, createdMs: account.createdMs };
      },
    }),
    route({
      ...CHANGE,
      method: "DELETE",
      path: "/api/users/:user",
      summary: "Lets somebody in no more; ends their sessions",
      params,
      problems: ["not-found", "refused"],
      answer: z.strictObject({ removed: z.string() }),
      handle: async ({ params: { user }, caller }) => {
        if (!access.accounts.account(user)) throw notFound(`user "${user}"`);
        await access.accounts.removeAccount(user);
        await endSessions(user);
        await note(caller, "user.remove", user);
        return { removed: user };
      },
    }),
  ];
}

function openSessionRoutes(access: Access, note: Note): readonly Route[] {
  return [
    route({
      ...LOOK,
      path: "/api/sessions",
      summary: "Who is logged in, from where, since when",
      answer: z.array(sessionSchema),
      handle: async ({ caller }) =>
        access.sessions.list(access.clock.nowMs()).map((session) => {
          const { id, account: user, address, createdMs, usedMs } = session;
          return { id, user, address, createdMs, usedMs, isOwn: id === caller.session?.id };
        }),
    }),
    route({
      ...CHANGE,
      method: "DELETE",
      path: "/api/sessions/:session",
      summary: "Logs somebody out",
      params: z.strictObject({ session: z.string() }),
      problems: ["not-found"],
      answer: z.strictObject({ ended: z.int() }),
      handle: async ({ params: { session }, caller }) => {
        const nowMs = access.clock.nowMs();
        const ended = await access.sessions.end(({ id }) => id === session, nowMs);
        if (ended === 0) throw notFound(`session ${session}`);
        await note(caller, "session.end", session);
        return { ended };
      },
    }),
  ];
}
