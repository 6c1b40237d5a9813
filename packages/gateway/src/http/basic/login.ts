import { PASSWORD_CHARACTERS_MIN } from "../../access/password.ts";
import { type Html, html } from "./html.ts";
import type { Words } from "./texts.ts";

/** What a page without a screen shows: why nothing is shown, and a form that helps. */
export interface Refused {
  readonly title: string;
  readonly detail: string;
  readonly form: "login" | "claim" | null;
  /** Of the form; the cookie has the same. */
  readonly csrf: string;
  readonly action: string;
}

export function refusedBody({ title, detail, form, csrf, action }: Refused, words: Words): Html {
  const why = title === "" ? null : html`<p class="card warning" role="alert">${title}</p>`;
  const more = detail === "" ? null : html`<p>${detail}</p>`;
  return html`${why}${more}${form && loginForm(form, { csrf, action }, words)}`;
}

function loginForm(
  form: "login" | "claim",
  { csrf, action }: Pick<Refused, "csrf" | "action">,
  { say }: Words,
): Html {
  const isNew = form === "claim";
  const complete = isNew ? "new-password" : "current-password";
  const code = html`<label>${say("code")}<br>
<input name="code" required maxlength="40" autocomplete="off"></label>`;
  return html`<form class="card" method="post" action="${action}">
<h2>${say(form)}</h2>
<input type="hidden" name="csrf" value="${csrf}">
${isNew ? code : null}
<label>${say("name")}<br>
<input name="name" required maxlength="64" autocapitalize="off" autocomplete="username"></label>
<label>${say("password")}<br>
<input type="password" name="password" required autocomplete="${complete}"></label>
${isNew ? html`<p class="quiet">${say("claimHint", { n: PASSWORD_CHARACTERS_MIN })}</p>` : null}
<button type="submit">${say(form)}</button></form>`;
}
