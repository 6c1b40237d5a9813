import { randomBytes } from "node:crypto";
import {
  addressOf,
  BASIC_POLICY,
  type BasicPage,
  framed,
  LIVE_SECONDS,
  type Reader,
} from "../basic/frame.ts";
import { refusedBody } from "../basic/login.ts";
import { wordsIn } from "../basic/texts.ts";
import type { Site } from "../site.ts";
import type { ApiProblem } from "./api-problem.ts";
import { formCookie, formTokenIn } from "./cookies.ts";
import { type RefusalAsked, Reply } from "./route.ts";

export const HTML = "text/html; charset=utf-8";

interface Sent {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A page without a script, as it is sent. */
export function pageReply(page: BasicPage, reader: Reader, { status, headers }: Sent = {}): Reply {
  return new Reply(framed(page, reader), {
    status: status ?? 200,
    headers: {
      "content-type": HTML,
      "content-security-policy": BASIC_POLICY,
      // With "no-referrer" a browser does not say of a form which page it comes from.
      "referrer-policy": "same-origin",
      ...(reader.isLive && { refresh: `${LIVE_SECONDS}` }),
      ...headers,
    },
  });
}

type Form = "login" | "claim";

const FORMS: Readonly<Record<string, Form>> = {
  "login-needed": "login",
  "wrong-login": "login",
  "wrong-csrf": "login",
  "locked-out": "login",
  "bad-request": "login",
  "not-claimed": "claim",
  "wrong-code": "claim",
};

/** Of a page: says why it cannot be shown, with a form where a login helps. */
export function refusalOf(site: Site, isTop: boolean) {
  return (problem: ApiProblem, asked: RefusalAsked): Reply => {
    const { title, status, code, detail = "", errors = [] } = problem.in(asked.lang);
    const lines = [detail, ...errors.map(({ message, hint }) => `${message} ${hint}`)];
    const given: FormGiven = {
      title: code === "wrong-csrf" ? wordsIn(asked.lang).say("oldForm") : title,
      detail: lines.join(" ").trim(),
      form: site.whoAsks === null ? (FORMS[code] ?? null) : null,
      isTop,
    };
    const headers = { ...problem.particulars.headers, "x-problem": code };
    return formReply(given, { site, asked, status, headers });
  };
}

interface FormGiven {
  readonly title: string;
  readonly detail: string;
  readonly form: Form | null;
  readonly isTop: boolean;
}

/** A page that is nothing but a form, or a refusal. */
export function formReply(
  given: FormGiven,
  { site, asked, ...sent }: Sent & { readonly site: Site; readonly asked: RefusalAsked },
): Reply {
  const { form, isTop } = given;
  const { lang } = asked;
  const words = wordsIn(lang);
  const csrf = formTokenIn(asked.header("cookie")) ?? randomBytes(16).toString("base64url");
  const action = addressOf({ isTop }, form ?? "login", { lang });
  const page: BasicPage = {
    ...{ screen: null, isTop, gatewayName: "Headgate", time: "" },
    title: words.say(form ?? "basic"),
    body: refusedBody({ ...given, csrf, action }, words),
  };
  const reader: Reader = { lang, login: null, mayLogIn: false, isLive: false };
  const cookie = form === null ? {} : { "set-cookie": formCookie(csrf, site) };
  return pageReply(page, reader, { ...sent, headers: { ...sent.headers, ...cookie } });
}
