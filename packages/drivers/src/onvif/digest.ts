import { createHash, randomBytes } from "node:crypto";

/** One `WWW-Authenticate` challenge. */
export interface Challenge {
  readonly scheme: "digest" | "basic";
  readonly parameters: Readonly<Record<string, string>>;
}

/** What an `Authorization` header is made for. */
export interface Demand {
  readonly username: string;
  readonly password: string;
  readonly method: string;
  /** Path and query, as in the request line. */
  readonly path: string;
  /** How often this nonce has been used, from 1. */
  readonly count: number;
  readonly clientNonce?: string;
}

// RFC 7616 names; stronger first.
const HASHES: Readonly<Record<string, string>> = { "SHA-256": "sha256", MD5: "md5" };

const CHALLENGE =
  /(?:^|,)\s*(Digest|Basic)\s+((?:[\w-]+\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",]+)\s*,?\s*)*)/gi;
const PARAMETER = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/g;

/** The challenges in `WWW-Authenticate` header values, of which one may hold several. */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  return headers.flatMap((header) =>
    [...header.matchAll(CHALLENGE)].map(([, scheme = "", list = ""]) => ({
      scheme: scheme.toLowerCase() as Challenge["scheme"],
      parameters: Object.fromEntries(
        [...list.matchAll(PARAMETER)].map(([, name = "", quoted, bare]) => [
          name.toLowerCase(),
          quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "",
        ]),
      ),
    })),
  );
}

/** The strongest challenge that can be answered: SHA-256, then MD5, then Basic. */
export function chooseChallenge(challenges: readonly Challenge[]): Challenge | undefined {
  const strength = (challenge: Challenge): number => {
    if (challenge.scheme === "basic") return 1;
    const hash = HASHES[hashName(challenge)];
    if (!hash || !isQopKnown(challenge)) return 0;
    return hash === "sha256" ? 3 : 2;
  };
  return challenges
    .filter((challenge) => strength(challenge) > 0)
    .sort((a, b) => strength(b) - strength(a))[0];
}

/**
 * The `Authorization` header that answers a challenge. A header's letters are bytes: what the
 * camera sent goes back as it came, whatever script it is in, and ours is UTF-8.
 */
export function authorize(challenge: Challenge, demand: Demand): string {
  const { method, path } = demand;
  const [username, password] = [inBytes(demand.username), inBytes(demand.password)];
  if (challenge.scheme === "basic") {
    return `Basic ${Buffer.from(`${username}:${password}`, "latin1").toString("base64")}`;
  }
  const { realm = "", nonce = "", algorithm, opaque } = challenge.parameters;
  const hash = (text: string) =>
    createHash(HASHES[hashName(challenge)] ?? "md5")
      .update(text, "latin1")
      .digest("hex");
  const clientNonce = demand.clientNonce ?? randomBytes(8).toString("hex");
  const count = demand.count.toString(16).padStart(8, "0");
  const isSession = /-sess$/i.test(algorithm ?? "");
  const plain = hash(`${username}:${realm}:${password}`);
  const secret = isSession ? hash(`${plain}:${nonce}:${clientNonce}`) : plain;
  const target = hash(`${method}:${path}`);
  // Without qop the older formula of RFC 2069 holds.
  const hasQop = challenge.parameters.qop !== undefined;
  const middle = hasQop ? `${nonce}:${count}:${clientNonce}:auth` : nonce;
  const fields = [
    `username="${quote(username)}"`,
    `realm="${quote(realm)}"`,
    `nonce="${quote(nonce)}"`,
    `uri="${path}"`,
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ...(hasQop ? ["qop=auth", `nc=${count}`] : []),
    ...(hasQop || isSession ? [`cnonce="${clientNonce}"`] : []),
    ...(opaque === undefined ? [] : [`opaque="${quote(opaque)}"`]),
    `response="${hash(`${secret}:${middle}:${target}`)}"`,
  ];
  return `Digest ${fields.join(", ")}`;
}

function inBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function hashName({ parameters }: Challenge): string {
  return (parameters.algorithm ?? "MD5").toUpperCase().replace(/-SESS$/, "");
}

function isQopKnown({ parameters }: Challenge): boolean {
  const { qop } = parameters;
  return qop === undefined || qop.split(",").some((one) => one.trim().toLowerCase() === "auth");
}

function quote(text: string): string {
  return text.replace(/["\\]/g, "\\$&");
}
