import { z } from "zod";
import type { Access } from "../../access/access.ts";
import type { Account } from "../../access/accounts.ts";
import { addressOf } from "../basic/frame.ts";
import type { Site } from "../site.ts";
import { ApiProblem } from "./api-problem.ts";
import { formReply, HTML, refusalOf } from "./basic-page.ts";
import { sessionCookie } from "./cookies.ts";
import { type Asked, Reply, type Route, route } from "./route.ts";
import { anyPassword, insideOf, newPassword, userName } from "./session-routes.ts";

const token = z.string().max(100).meta({ description: "As the form has it" });

/** Getting in and out by forms, for browsers without a script. */
export function basicLoginRoutes(access: Access, site: Site): readonly Route[] {
  const PAGE = { role: "anyone", answer: HTML, refusal: refusalOf(site, false) } as const;
  const FORM = { ...PAGE, method: "POST", csrf: "form", rate: "login" } as const;
  const enter = async (account: Account, { caller, lang }: Asked): Promise<Reply> => {
    const given = { account: account.name, address: caller.address };
    const { secret } = await access.sessions.begin(given, access.clock.nowMs());
    return backTo(lang, sessionCookie(secret, site));
  };
  return [
    route({
      ...PAGE,
      method: "GET",
      csrf: "none",
      rate: "read",
      path: "/basic/login",
      summary: "A form to log in, or to claim a gateway that nobody owns",
      handle: async (asked) => {
        const form = access.accounts.isClaimed ? "login" : "claim";
        return formReply({ title: "", detail: "", form, isTop: false }, { site, asked });
      },
    }),
    route({
      ...FORM,
      path: "/basic/login",
      summary: "Logs in by a form",
      problems: ["wrong-login", "locked-out", "not-claimed"],
      body: z.strictObject({ csrf: token, name: z.string().min(1).max(64), password: anyPassword }),
      handle: async (asked) => {
        if (!access.accounts.isClaimed) throw new ApiProblem("not-claimed");
        const { name, password } = asked.body;
        const entry = await access.login(name, password, asked.caller.address);
        return await enter(insideOf(entry, "wrong-login"), asked);
      },
    }),
    route({
      ...FORM,
      path: "/basic/claim",
      summary: "Makes the first admin by a form",
      problems: ["claimed", "wrong-code", "locked-out"],
      body: z.strictObject({
        ...{ csrf: token, code: z.string().max(40), name: userName, password: newPassword },
      }),
      handle: async (asked) => {
        if (access.accounts.isClaimed) throw new ApiProblem("claimed");
        const { code, name, password } = asked.body;
        const { address } = asked.caller;
        const entry = await access.claim(code, { name, password, address });
        return await enter(insideOf(entry, "wrong-code"), asked);
      },
    }),
    logoutRoute(access, site),
  ];
}

function logoutRoute(access: Access, site: Site): Route {
  return route({
    method: "POST",
    path: "/basic/logout",
    summary: "Logs out by a form",
    role: "viewer",
    csrf: "form",
    rate: "work",
    answer: HTML,
    refusal: refusalOf(site, false),
    body: z.strictObject({ csrf: token }),
    handle: async ({ caller, lang }) => {
      await access.sessions.end(({ id }) => id === caller.session?.id, access.clock.nowMs());
      return backTo(lang, sessionCookie("", site));
    },
  });
}

/** To the overview, whose address a browser then shows. */
function backTo(lang: string, cookie: string): Reply {
  const location = addressOf({ isTop: false }, "overview", { lang });
  return new Reply("", { status: 303, headers: { location, "set-cookie": cookie } });
}
