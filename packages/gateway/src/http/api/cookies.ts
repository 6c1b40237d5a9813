import { ABSOLUTE_MS_MAX } from "../../access/sessions.ts";
import type { Site } from "../site.ts";
import { ApiProblem } from "./api-problem.ts";
import type { Caller } from "./route.ts";

export const SESSION_COOKIE = "headgate-session";
/** What a form holds too that is sent before there is a session. */
const FORM_COOKIE = "headgate-form";

type Place = Pick<Site, "isTls" | "prefix">;

/** Of a login; an empty one takes it away. */
export function sessionCookie(secret: string, site: Place): string {
  const seconds = secret === "" ? 0 : ABSOLUTE_MS_MAX / 1000;
  return `${SESSION_COOKIE}=${secret}; ${rulesOf(site, `; Max-Age=${seconds}`)}`;
}

/** It lives as long as the browser. */
export function formCookie(token: string, site: Place): string {
  return `${FORM_COOKIE}=${token}; ${rulesOf(site, "")}`;
}

function rulesOf({ isTls, prefix }: Place, age: string): string {
  return `Path=${prefix || "/"}; HttpOnly; SameSite=Strict${age}${isTls ? "; Secure" : ""}`;
}

/** Of a form that was sent before; null if this browser has none. */
export function formTokenIn(cookies: string | undefined): string | null {
  return cookieOf(cookies, FORM_COOKIE);
}

/** A form without a script proves by a field that it is ours: no header can be added to it. */
export function requireFormToken(caller: Caller, body: unknown, cookies: string | undefined): void {
  const expected = caller.session?.csrf ?? formTokenIn(cookies);
  const { csrf } = (body ?? {}) as { csrf?: unknown };
  if (expected === null || csrf !== expected) throw new ApiProblem("wrong-csrf");
}

/** A cookie's value; null where it is absent or empty. */
export function cookieOf(header: string | undefined, name: string): string | null {
  for (const part of (header ?? "").split(";")) {
    const [key, value] = part.trim().split("=", 2);
    if (key === name && value) return value;
  }
  return null;
}
