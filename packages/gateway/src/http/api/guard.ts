import type { FastifyRequest } from "fastify";
import type { Access } from "../../access/access.ts";
import { askerAddress } from "../../access/asker-address.ts";
import { networkOf } from "../../access/network-of.ts";
import { type Budget, RateLimit } from "../../access/rate-limit.ts";
import type { Site } from "../site.ts";
import { ApiProblem } from "./api-problem.ts";
import { cookieOf, SESSION_COOKIE } from "./cookies.ts";
import type { Guard } from "./register-routes.ts";
import { type Caller, type RateClass, ROLES, type Role, type Rule } from "./route.ts";

/** No account can have this name. */
const ANONYMOUS = "(anyone)";

/** What one asker may ask, by class. */
export const BUDGETS: Readonly<Record<RateClass, Budget>> = {
  read: { burst: 300, perSecond: 100 },
  // Answers as large as the configuration.
  bulk: { burst: 40, perSecond: 10 },
  // What takes a line's time, or writes to the disk.
  work: { burst: 20, perSecond: 4 },
  stream: { burst: 20, perSecond: 1 },
  login: { burst: 10, perSecond: 0.2 },
};

/** What decides of a request. */
export interface GuardOptions {
  readonly access: Access;
  readonly site: Site;
}

/** Asks of each request: how often, who, with which role, and from which page. */
export function createGuard({ access, site }: GuardOptions): Guard {
  const limit = new RateLimit(BUDGETS);
  const isClaimed = () => site.whoAsks !== null || access.accounts.isClaimed;
  return async (request, rule) => {
    const { role, rate } = rule;
    const spend = (asker: string) => {
      const waitMs = limit.take(rate, asker, access.clock.monotonicMs());
      if (waitMs > 0) throw tooMany(Math.ceil(waitMs / 1000));
    };
    const caller = await identify(request, { access, site }).catch((error: unknown) => {
      // Whoever tries one wrong token after the other has a budget, too.
      spend(networkOf(addressOf(request, site)));
      throw error;
    });
    const isKnown = isLoggedIn(caller) || caller.name.startsWith("token ");
    spend(isKnown ? caller.name : networkOf(caller.address));
    if (role !== "anyone") requireRole(caller, role, isClaimed());
    requireOwnPage(request, rule, caller);
    return caller;
  };
}

function tooMany(seconds: number): ApiProblem {
  const headers = { "retry-after": `${seconds}` };
  return new ApiProblem("too-many", { params: { seconds }, headers });
}

/** Of whoever has gone already nobody knows the address. */
function addressOf({ ip, headers }: FastifyRequest, { isTrustedProxy }: Site): string {
  const peer = (ip as string | undefined) ?? "(gone)";
  return askerAddress(peer, headers["x-forwarded-for"], isTrustedProxy);
}

async function identify(request: FastifyRequest, { access, site }: GuardOptions): Promise<Caller> {
  const { anonymous, whoAsks } = site;
  const address = addressOf(request, site);
  const known = (await whoAsks?.(request.raw)) ?? null;
  if (known) return { name: known.name, role: known.role, address, session: null, isHosts: true };
  const { authorization } = request.headers;
  if (authorization !== undefined) return callerOfToken(request, address, access);
  const secret = whoAsks ? null : cookieOf(request.headers.cookie, SESSION_COOKIE);
  const session = secret === null ? null : await access.sessions.use(secret, access.clock.nowMs());
  const account = session && access.accounts.account(session.account);
  if (session && account) {
    const { id, csrf } = session;
    return { name: account.name, role: account.role, address, session: { id, csrf } };
  }
  return { name: ANONYMOUS, role: anonymous === "none" ? null : anonymous, address, session: null };
}

function callerOfToken(request: FastifyRequest, address: string, access: Access): Caller {
  const [, bearer = ""] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
  const token = access.tokenOf(bearer);
  if (token === "local") return { name: "this machine", role: "admin", address, session: null };
  if (token === null) throw needsLogin();
  const path = request.url.split("?")[0] ?? "";
  const isInside = (scope: string) => path === scope || path.startsWith(`${scope}/`);
  if (token.paths.length > 0 && !token.paths.some(isInside)) {
    const params = { role: `token for ${token.paths.join(", ")}`, needed: path };
    throw new ApiProblem("wrong-role", { params });
  }
  return { name: `token ${token.name}`, role: token.role, address, session: null };
}

function requireRole(caller: Caller, needed: Role, isClaimed: boolean): void {
  const { role: own, name } = caller;
  const isAnonymous = name === ANONYMOUS;
  if (own !== null && ROLES.indexOf(own) >= ROLES.indexOf(needed)) return;
  if (!isClaimed) throw new ApiProblem("not-claimed");
  // Whoever looks without a login may have one.
  if (own === null || isAnonymous) throw needsLogin();
  throw new ApiProblem("wrong-role", { params: { role: own, needed } });
}

function needsLogin(): ApiProblem {
  return new ApiProblem("login-needed", { headers: { "www-authenticate": "Bearer" } });
}

/** By what a browser may send by itself. */
function isLoggedIn({ session, isHosts }: Caller): boolean {
  return session !== null || isHosts === true;
}

/** What a browser was made to send by another site's page is not what its user wants. */
function requireOwnPage(request: FastifyRequest, { csrf }: Rule, caller: Caller): void {
  const { origin, "sec-fetch-site": site } = request.headers;
  if (site === "cross-site" && (csrf !== "none" || isLoggedIn(caller))) {
    throw new ApiProblem("wrong-origin");
  }
  if (csrf === "none") return;
  if (origin !== undefined && !isOwnOrigin(origin, hostOf(request))) {
    throw new ApiProblem("wrong-origin");
  }
  const { session } = caller;
  // Only a cookie is sent by a browser by itself.
  if (csrf === "token" && session && request.headers["x-csrf-token"] !== session.csrf) {
    throw new ApiProblem("wrong-csrf");
  }
}

/** In HTTP/2 a host has another name. */
export function hostOf({ headers }: FastifyRequest): string | undefined {
  const { ":authority": authority } = headers;
  return typeof authority === "string" ? authority : headers.host;
}

function isOwnOrigin(origin: string, host: string | undefined): boolean {
  try {
    return new URL(origin).host === host;
  } catch {
    return false; // "null", or no address at all.
  }
}
