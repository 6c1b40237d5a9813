import { type Context, Misconfigured, Unreachable } from "@headgate/model";
import { MessageSecurityMode, OPCUAClient, SecurityPolicy } from "node-opcua-client";
import { OpcuaConnection } from "./connection.ts";
import { LeftSubscriptions } from "./held-subscription.ts";
import { identityOf } from "./identity.ts";
import { routeLibraryLog } from "./library-log.ts";
import { disconnect, Link } from "./link.ts";
import { tryOtherNonceLength } from "./nonce-length.ts";
import { openFault } from "./open-fault.ts";
import { readServerFacts } from "./server-facts.ts";
import { healthyLevel, readServiceLevel, watchServiceLevel } from "./service-level.ts";
import type { Config } from "./settings.ts";
import { decodeSoundly } from "./sound-values.ts";
import { describeRejected, openTrust, type Trust } from "./trust.ts";
import { tellUndecodable } from "./undecodable-answers.ts";
import { watchCertificates } from "./watch-certificates.ts";
import { within } from "./within.ts";

// The library can repair a lost line by itself, but a subscription that it fails to make anew is
// only a debug line in its log, and items that fail then are never told. So all its retrying is
// off: a lost line is thrown away whole, and the supervisor opens anew and checks each item.

/** Pause after which an idle session is asked for a sign of life. */
const keepAliveMs = 5_000;

/** Opens a session on the server that serves best; loads the library on the way. */
export async function open(
  config: Config,
  context: Context,
  left = new LeftSubscriptions(),
): Promise<OpcuaConnection> {
  routeLibraryLog(context.log);
  decodeSoundly();
  const place = { context, left };
  if (config.alternatives.length === 0) return (await openOn(config, place)).connection;
  return await openBest(config, place);
}

/** What a session is opened with. */
interface OpenPlace {
  readonly context: Context;
  /** What earlier sessions of this process left at their servers. */
  readonly left: LeftSubscriptions;
}

/** The first server that serves as it can, else the best of those that answer. */
async function openBest(config: Config, place: OpenPlace): Promise<OpcuaConnection> {
  const { context } = place;
  let best: (Opened & { readonly level: number }) | undefined;
  const faults: unknown[] = [];
  for (const endpoint of [config.endpoint, ...config.alternatives]) {
    if (context.signal.aborted) break;
    try {
      const opened = await openOn({ ...config, endpoint }, place);
      const level = await levelOf(opened.link);
      if (best && best.level >= level) await opened.link.close();
      else {
        await best?.link.close();
        best = { ...opened, level };
      }
      if (level >= healthyLevel) break;
    } catch (error) {
      faults.push(error);
    }
  }
  if (!best) throw faults.find((fault) => fault instanceof Unreachable) ?? faults[0];
  const { link, level } = best;
  context.log.info("server chosen", { endpoint: link.config.endpoint, level });
  watchServiceLevel(link, level).catch(() => {
    // Its question was not answered: the link is lost, which who uses it is told.
  });
  return best.connection;
}

async function levelOf(link: Link): Promise<number> {
  try {
    return await readServiceLevel(link);
  } catch (error) {
    await link.close();
    throw error;
  }
}

/** A session, and what it stands on. */
interface Opened {
  readonly link: Link;
  readonly connection: OpcuaConnection;
}

async function openOn(config: Config, place: OpenPlace): Promise<Opened> {
  try {
    return await openOnce(config, place);
  } catch (error) {
    if (!tryOtherNonceLength(error, config)) throw error;
    return await openOnce(config, place);
  }
}

async function openOnce(config: Config, { context, left }: OpenPlace): Promise<Opened> {
  const trust = await openTrust(context.directory, context.clock);
  const client = createClient(withMode(config), trust);
  let link: Link | undefined;
  try {
    const limits = { clock: context.clock, timeoutMs: config.timeout, signals: [context.signal] };
    await within(client.connect(config.endpoint), limits);
    tellUndecodable(client);
    const session = await within(client.createSession(await identityOf(config)), limits);
    link = new Link({ client, session, config, context });
    const facts = await readServerFacts(link);
    const connection = new OpcuaConnection(link, facts, left);
    if (config.securityPolicy !== "None") {
      void watchCertificates(link, trust.ownFile, connection.said);
    }
    return { link, connection };
  } catch (error) {
    const refusal = await refusalOf(trust);
    await (link ? link.close() : disconnect(client, context));
    throw openFault(refusal ?? error, { config: withMode(config), ownFile: trust.ownFile });
  } finally {
    await trust.certificates.dispose();
  }
}

function withMode(config: Config): Config {
  const usual = config.securityPolicy === "None" ? "None" : "SignAndEncrypt";
  return { ...config, securityMode: config.securityMode ?? usual };
}

function createClient(config: Config, { certificates, applicationUri }: Trust): OPCUAClient {
  return OPCUAClient.create({
    applicationName: "Headgate",
    applicationUri,
    clientName: "headgate",
    clientCertificateManager: certificates,
    securityPolicy: SecurityPolicy[config.securityPolicy],
    securityMode: MessageSecurityMode[config.securityMode ?? "None"],
    // Servers behind a router or with two names announce endpoints under another name.
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 100 },
    keepSessionAlive: true,
    keepAliveInterval: keepAliveMs,
    requestedSessionTimeout: config.requestedSessionTimeout,
    transportTimeout: config.timeout,
    defaultTransactionTimeout: config.timeout,
  });
}

/** The refusal of a server whose certificate we do not trust. */
async function refusalOf(trust: Trust): Promise<Misconfigured | undefined> {
  const certificate = trust.refused();
  return certificate && new Misconfigured(await describeRejected(trust, certificate));
}
