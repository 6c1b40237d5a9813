import type { Clock } from "@headgate/model";
import { authorize, type Challenge, chooseChallenge, parseChallenges } from "./digest.ts";
import { exchange, type HttpReply, type HttpRequest } from "./exchange.ts";

/** A user name and its password. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Sends requests, answering challenges with the credentials. A 401 that remains is a refusal. */
export interface HttpLogin {
  send(request: HttpRequest): Promise<HttpReply>;
}

interface Answered {
  readonly challenge: Challenge;
  count: number;
}

/** Keeps one challenge per host, so that an answered one saves the second round trip. */
export function createHttpLogin(credentials: Credentials | undefined, clock: Clock): HttpLogin {
  const answered = new Map<string, Answered>();

  const withAuthorization = (request: HttpRequest): HttpRequest => {
    const known = answered.get(request.url.host);
    if (!known || !credentials) return request;
    known.count += 1;
    const { method, url } = request;
    const path = url.pathname + url.search;
    const demand = { ...credentials, method, path, count: known.count };
    const authorization = authorize(known.challenge, demand);
    return { ...request, headers: { ...request.headers, Authorization: authorization } };
  };

  return {
    async send(request) {
      const bare = { ...request, url: withoutCredentials(request.url) };
      const first = await exchange(withAuthorization(bare), clock);
      if (first.status !== 401 || !credentials) return first;
      const challenge = chooseChallenge(parseChallenges(first.challenges));
      if (!challenge) return first;
      answered.set(bare.url.host, { challenge, count: 0 });
      const second = await exchange(withAuthorization(bare), clock);
      if (second.status === 401) answered.delete(bare.url.host);
      return second;
    },
  };
}

/** Node would send user and password of a URL as Basic, unasked. */
function withoutCredentials(url: URL): URL {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare;
}
