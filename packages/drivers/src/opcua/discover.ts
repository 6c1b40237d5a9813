import { X509Certificate } from "node:crypto";
import { type Context, Unreachable } from "@headgate/model";
import {
  type ApplicationDescription,
  ApplicationType,
  type EndpointDescription,
  MessageSecurityMode,
  OPCUAClient,
  UserTokenType,
} from "node-opcua-client";
import { connectFaultText } from "../connect-fault-text.ts";
import { routeLibraryLog } from "./library-log.ts";
import { disconnect } from "./link.ts";
import { plainText } from "./open-fault.ts";
import { openTrust } from "./trust.ts";
import { within } from "./within.ts";

/** An OPC UA server that was found, and how it may be talked to. */
export interface FoundServer {
  /** As it was asked: "opc.tcp://192.168.1.20:4840". */
  readonly url: string;
  readonly name: string;
  readonly applicationUri: string;
  readonly productUri: string;
  /** "Server", or "DiscoveryServer": one that only knows others. */
  readonly type: string;
  /** The safest first. */
  readonly endpoints: readonly FoundEndpoint[];
  /** Other servers that it knows of; they were not asked. */
  readonly others: readonly { readonly name: string; readonly urls: readonly string[] }[];
}

export interface FoundEndpoint {
  readonly url: string;
  /** "Basic256Sha256", "None". */
  readonly securityPolicy: string;
  readonly securityMode: string;
  /** "Anonymous", "UserName", "Certificate". */
  readonly logins: readonly string[];
  readonly certificate: FoundCertificate | null;
}

/** What a person compares before a certificate is trusted. */
export interface FoundCertificate {
  readonly subject: string;
  readonly thumbprint: string;
  readonly validFromMs: number;
  readonly validToMs: number;
}

export interface DiscoverOptions {
  readonly url: string;
  readonly timeoutMs: number;
}

/**
 * Asks a server what it offers, without a session and without a login. `context.directory` is for
 * the key that the library makes itself. Rejects with `Unreachable`.
 */
export async function discoverServer(
  { url, timeoutMs }: DiscoverOptions,
  context: Context,
): Promise<FoundServer> {
  routeLibraryLog(context.log);
  const { certificates, applicationUri } = await openTrust(context.directory, context.clock);
  const client = OPCUAClient.create({
    applicationName: "Headgate",
    applicationUri,
    clientName: "headgate",
    clientCertificateManager: certificates,
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 100 },
    transportTimeout: timeoutMs,
    defaultTransactionTimeout: timeoutMs,
  });
  const limits = { clock: context.clock, timeoutMs, signals: [context.signal] };
  try {
    await within(client.connect(url), limits);
    const endpoints = await within(client.getEndpoints(), limits);
    const servers = await within(client.findServers(), limits);
    return serverOf(url, endpoints, servers);
  } catch (error) {
    throw new Unreachable(`ask ${url}: ${whyUnasked(error)}`, { cause: error });
  } finally {
    await disconnect(client, context);
    await certificates.dispose();
  }
}

/** In plain words with what to do. */
function whyUnasked(error: unknown): string {
  const text = plainText(error);
  const code = /\bE[A-Z]{4,}\b/.exec(text)?.[0];
  const known = connectFaultText(Object.assign(new Error(text), { code }));
  const hint = "check host and port, and that it is an OPC UA server";
  return known === text ? `${text}; ${hint}` : known;
}

function serverOf(
  url: string,
  endpoints: readonly EndpointDescription[],
  servers: readonly ApplicationDescription[],
): FoundServer {
  const own = endpoints[0]?.server;
  const isOwn = (one: ApplicationDescription) => one.applicationUri === own?.applicationUri;
  return {
    url,
    name: own?.applicationName?.text ?? "",
    applicationUri: own?.applicationUri ?? "",
    productUri: own?.productUri ?? "",
    type: ApplicationType[own?.applicationType ?? ApplicationType.Server] ?? "",
    endpoints: endpoints
      .filter(({ endpointUrl }) => endpointUrl?.startsWith("opc.tcp:"))
      .toSorted((a, b) => (b.securityLevel ?? 0) - (a.securityLevel ?? 0))
      .map(endpointOf),
    others: servers
      .filter((one) => !isOwn(one))
      .map(({ applicationName, discoveryUrls }) => {
        return { name: applicationName?.text ?? "", urls: (discoveryUrls ?? []).map(String) };
      }),
  };
}

function endpointOf(endpoint: EndpointDescription): FoundEndpoint {
  const { endpointUrl, securityPolicyUri, securityMode, userIdentityTokens } = endpoint;
  const logins = (userIdentityTokens ?? []).map(({ tokenType }) => UserTokenType[tokenType] ?? "");
  return {
    url: endpointUrl ?? "",
    securityPolicy: securityPolicyUri?.split("#")[1] ?? "",
    securityMode: MessageSecurityMode[securityMode] ?? "",
    logins: [...new Set(logins)],
    certificate: certificateOf(endpoint.serverCertificate),
  };
}

/** Null where there is none, or what stands there is no certificate. */
function certificateOf(der: Buffer | null | undefined): FoundCertificate | null {
  if (!der || der.length === 0) return null;
  try {
    const certificate = new X509Certificate(der);
    return {
      subject: certificate.subject.replaceAll("\n", ", "),
      thumbprint: certificate.fingerprint.replaceAll(":", "").toLowerCase(),
      validFromMs: Date.parse(certificate.validFrom),
      validToMs: Date.parse(certificate.validTo),
    };
  } catch {
    // Foreign bytes: the server is told of without it.
    return null;
  }
}
