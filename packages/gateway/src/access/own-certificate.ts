import { createPrivateKey, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import { createAuthority, createServerCertificate } from "./certificate.ts";
import { replaceFile, textIfThere } from "./durable-file.ts";

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3650;
/** Browsers take no longer ones of a server. */
const SERVER_DAYS = 397;
const RENEW_DAYS = 30;
/** Software of this version knows better than a clock that lost its battery. */
const CLOCK_MS_MIN = Date.UTC(2026, 0, 1);
const NAMES_MAX = 100;

/** What a box shows of itself over TLS. */
export interface OwnCertificate {
  readonly key: string;
  /** The server's certificate, then the authority's. */
  readonly chain: string;
  readonly authority: string;
  readonly names: readonly string[];
  readonly expiresMs: number;
  /** Of the authority, to be compared by eye: SHA-256. */
  readonly fingerprint: string;
}

interface Wanted {
  readonly gatewayId: string;
  readonly names: readonly string[];
  readonly nowMs: number;
  /** Told where one cannot be kept: it serves until the next start. */
  readonly onFault: (error: unknown) => void;
}

interface Place extends Pick<Wanted, "onFault"> {
  readonly folder: string;
}

/**
 * The box's own certificate: its authority is made once, the server's certificate anew when names
 * or addresses changed or its end is near.
 */
export async function ownCertificate(
  folder: string,
  { gatewayId, names, nowMs, onFault }: Wanted,
): Promise<OwnCertificate> {
  const beginMs = Math.max(nowMs, CLOCK_MS_MIN);
  const place = { folder, onFault };
  const authority =
    (await kept(folder, "authority")) ?? (await newAuthority(place, gatewayId, beginMs));
  const found = await kept(folder, "server");
  const isGood =
    found !== null && fits(found.certificate, authority.certificate, { names, nowMs: beginMs });
  const server = isGood ? found : await newServer(place, { authority, names, beginMs, gatewayId });
  const { validTo } = new X509Certificate(server.certificate);
  return {
    key: server.key,
    chain: server.certificate + authority.certificate,
    authority: authority.certificate,
    names,
    expiresMs: Date.parse(validTo),
    fingerprint: new X509Certificate(authority.certificate).fingerprint256,
  };
}

/** By which names and addresses this machine can be reached. */
export function ownNames(host: string): readonly string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const own = hostname().toLowerCase();
  const names = [
    ...["localhost", own, `${own.split(".")[0]}.local`, host],
    ...addresses.map(({ address }) => address.split("%")[0] ?? address),
  ];
  const isName = (name: string) =>
    /^[a-z0-9][a-z0-9.-]*$|:/i.test(name) && name !== "0.0.0.0" && name !== "::";
  return [...new Set(names.filter(isName))].slice(0, NAMES_MAX);
}

type Kept = { readonly certificate: string; readonly key: string };

/** Null where there is none, or it was damaged: a page with a new one is better than no page. */
async function kept(folder: string, name: string): Promise<Kept | null> {
  const text = await textIfThere(join(folder, `${name}.pem`));
  if (text === null) return null;
  const end = Math.max(0, text.indexOf("-----BEGIN CERTIFICATE-----"));
  const [key, certificate] = [text.slice(0, end), text.slice(end)];
  try {
    const isPair = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
    return isPair ? { key, certificate } : null;
  } catch {
    return null;
  }
}

/** One file for both: a power cut leaves no key without its certificate. */
async function keep({ folder, onFault }: Place, name: string, made: Kept): Promise<Kept> {
  await replaceFile(join(folder, `${name}.pem`), made.key + made.certificate).catch(onFault);
  return made;
}

async function newAuthority(place: Place, gatewayId: string, beginMs: number): Promise<Kept> {
  const commonName = authorityName(gatewayId);
  const notBeforeMs = CLOCK_MS_MIN;
  const notAfterMs = beginMs + AUTHORITY_DAYS * DAY_MS;
  return keep(place, "authority", createAuthority({ commonName, notBeforeMs, notAfterMs }));
}

async function newServer(
  place: Place,
  given: { authority: Kept; names: readonly string[]; beginMs: number; gatewayId: string },
): Promise<Kept> {
  const { authority, names, beginMs, gatewayId } = given;
  const notBeforeMs = beginMs - DAY_MS;
  const wanted = {
    commonName: gatewayId,
    names,
    notBeforeMs,
    notAfterMs: notBeforeMs + SERVER_DAYS * DAY_MS,
  };
  // As the authority says it of itself: the gateway's id may have changed since.
  const { subject } = new X509Certificate(authority.certificate);
  const commonName = /^CN=(.*)$/m.exec(subject)?.[1] ?? authorityName(gatewayId);
  const made = createServerCertificate(wanted, { commonName, key: authority.key });
  return keep(place, "server", made);
}

const authorityName = (gatewayId: string) => `Headgate ${gatewayId} authority`;

function fits(
  certificate: string,
  authority: string,
  { names, nowMs }: { names: readonly string[]; nowMs: number },
): boolean {
  const found = new X509Certificate(certificate);
  const issuer = new X509Certificate(authority);
  const leftMs = Date.parse(found.validTo) - nowMs;
  const isInTime = leftMs > RENEW_DAYS * DAY_MS && Date.parse(found.validFrom) <= nowMs;
  const holds = (name: string) => (isIP(name) ? found.checkIP(name) : found.checkHost(name));
  const hasAll = names.every((name) => holds(name) !== undefined);
  return isInTime && hasAll && found.verify(issuer.publicKey);
}
