import { createHash } from "node:crypto";
import type { Lang } from "../../config/messages.ts";
import { Html, html } from "./html.ts";
import { BASIC_STYLE } from "./style.ts";
import { type BasicText, wordsIn } from "./texts.ts";

export const SCREENS = ["overview", "devices", "points", "uplinks", "alarms"] as const;
export type BasicScreen = (typeof SCREENS)[number];

/** So often a page loads itself again, where the reader wants that. */
export const LIVE_SECONDS = 15;

const BASIC_SHEET = new Html(BASIC_STYLE);
const hash = createHash("sha256").update(BASIC_STYLE).digest("base64");
/** It loads nothing, runs nothing, and sends its forms to nobody else. */
export const BASIC_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${hash}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Who reads, and where. */
export interface Reader {
  readonly lang: Lang;
  /** Of a login; null without one. */
  readonly login: { readonly name: string; readonly csrf: string } | null;
  /** Null where there is no form to log in by. */
  readonly mayLogIn: boolean;
  readonly isLive: boolean;
}

/** What stands on a page. */
export interface BasicPage {
  /** Null: a login or a refusal. */
  readonly screen: BasicScreen | null;
  /** It has no slash behind its address: "/basic". */
  readonly isTop: boolean;
  readonly gatewayName: string;
  readonly title: string;
  /** When, at the site. */
  readonly time: string;
  readonly body: Html;
  /** What else its address says: "search=tank". */
  readonly query?: Readonly<Record<string, string>>;
}

/** The address of a screen from a page: relative, as the gateway may be served under a prefix. */
export function addressOf(
  { isTop }: Pick<BasicPage, "isTop">,
  to: BasicScreen | "login" | "logout" | "claim",
  query: Readonly<Record<string, string>>,
): string {
  const path = to === "overview" ? (isTop ? "basic" : "../basic") : isTop ? `basic/${to}` : to;
  const rest = new URLSearchParams(query).toString();
  return rest === "" ? path : `${path}?${rest}`;
}

/** The whole page around a body. */
export function framed(page: BasicPage, reader: Reader): string {
  const { lang, login, isLive, mayLogIn } = reader;
  const { say } = wordsIn(lang);
  const { screen, gatewayName, title, time, body, query = {} } = page;
  const link = (to: BasicScreen, text: string, values: Readonly<Record<string, string>>) => {
    const { lang: told = lang } = values;
    return html`<a href="${addressOf(page, to, values)}" lang="${told}">${text}</a> `;
  };
  const live: Record<string, string> = isLive ? { live: "1" } : {};
  const n = LIVE_SECONDS;
  const other: Record<string, string> = isLive ? {} : { live: "1" };
  const here = screen ?? "overview";
  const otherLang = lang === "zh" ? "en" : "zh";
  const screens = SCREENS.map((name) =>
    name === screen
      ? html`<a href="${addressOf(page, name, { lang })}" aria-current="page">${say(name)}</a> `
      : link(name, say(name as BasicText), { lang }),
  );
  const logout =
    login &&
    html`<form class="out" method="post" action="${addressOf(page, "logout", { lang })}">
<input type="hidden" name="csrf" value="${login.csrf}">
<button type="submit">${say("logout", { name: login.name })}</button></form>`;
  const enter =
    !login && mayLogIn && screen !== null
      ? html`<a href="${addressOf(page, "login", { lang })}">${say("login")}</a> `
      : null;
  const reload =
    screen === null
      ? null
      : html`<p class="quiet">${say("at", { time })} ·
${link(here, say("again"), { ...query, ...live, lang })}·
${link(here, say(isLive ? "still" : "live", { n }), { ...query, ...other, lang })}</p>`;
  return html`<!doctype html>
<html lang="${lang === "zh" ? "zh-CN" : "en"}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – ${gatewayName}</title><style>${BASIC_SHEET}</style></head><body>
<header><h1>${title} – ${gatewayName}</h1>
<div>${link(here, say("other"), { ...query, ...live, lang: otherLang })}
<a href="${page.isTop ? "./" : "../"}">${say("whole")}</a> ${enter}${logout}</div></header>
${screen === null ? null : html`<nav aria-label="${say("screens")}">${screens}</nav>`}
<main>${body}</main>
<footer>${reload}</footer>
</body></html>
`.text;
}
