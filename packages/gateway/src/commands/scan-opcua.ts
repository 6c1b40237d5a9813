import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { discoverServer, type FoundEndpoint, type FoundServer } from "@headgate/drivers/find";
import { type Context, Misconfigured, Unreachable } from "@headgate/model";
import { stringify } from "yaml";
import { HOSTS_MAX, readHosts } from "../find/hosts.ts";
import { AbsentHosts } from "./absent-hosts.ts";

const PORT = 4840;
const CONCURRENCY_MAX = 4;

/** Asks every place named for its endpoints. Of one place alone a fault is thrown, not noted. */
export async function scanOpcua(
  targets: readonly string[],
  { timeoutMs, note }: { readonly timeoutMs: number; readonly note: (text: string) => void },
  context: Context,
): Promise<readonly FoundServer[]> {
  const places = targets.map(urlsOf);
  const urls = places.flat();
  const absent = new AbsentHosts(places, note);
  if (urls.length > HOSTS_MAX) throw new Misconfigured(`scan: more than ${HOSTS_MAX} addresses`);
  const found: FoundServer[] = [];
  const left = [...urls];
  // The library makes itself a key, though nothing here is signed.
  const directory = await mkdtemp(join(tmpdir(), "headgate-scan-"));
  const ask = async (url: string) => {
    try {
      found.push(await discoverServer({ url, timeoutMs }, { ...context, directory }));
    } catch (error) {
      if (!(error instanceof Unreachable) || urls.length === 1) throw error;
      absent.tell(url, error);
    }
  };
  const worker = async () => {
    for (let url = left.shift(); url && !context.signal.aborted; url = left.shift()) await ask(url);
  };
  try {
    // The first makes the key that the others share.
    const first = left.shift();
    if (first !== undefined) await ask(first);
    await Promise.all(Array.from({ length: CONCURRENCY_MAX }, worker));
    absent.end();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return found.toSorted((a, b) => urls.indexOf(a.url) - urls.indexOf(b.url));
}

function urlsOf(target: string): string[] {
  if (target.startsWith("opc.tcp://")) return [target];
  const hosts = readHosts(target, PORT);
  if (typeof hosts === "string") throw new Misconfigured(`scan: ${hosts}`);
  return hosts.map(({ host, port }) => {
    return `opc.tcp://${host.includes(":") ? `[${host}]` : host}:${port}`;
  });
}

/** Servers, endpoints and certificates, a row each. */
export function serverRows(servers: readonly FoundServer[]): string[][] {
  const rows = servers.flatMap((server) => {
    const { url, name, endpoints, others } = server;
    const certificates = new Map(
      endpoints.flatMap(({ certificate }) =>
        certificate ? [[certificate.thumbprint, certificate] as const] : [],
      ),
    );
    return [
      [url, name, "", ""],
      ...endpoints.map((one) => ["", securityText(one), one.logins.join(", "), one.url]),
      ...[...certificates.values()].map(({ subject, thumbprint, validToMs }) => {
        const until = new Date(validToMs).toISOString().slice(0, 10);
        return ["", `certificate ${subject}`, `until ${until}`, thumbprint];
      }),
      ...others.map((other) => ["", `also knows ${other.name}`, "", other.urls.join(" ")]),
    ];
  });
  return rows.length === 0 ? [] : [["SERVER", "OFFERS", "LOGIN", "AT"], ...rows];
}

function securityText({ securityPolicy, securityMode }: FoundEndpoint): string {
  return securityPolicy === "None" ? "no security" : `${securityPolicy} ${securityMode}`;
}

/** A channel for each server, by the safest way it offers; what it reads a person writes. */
export function serverSnippet(servers: readonly FoundServer[]): string {
  const channels = servers.map(({ url, endpoints: [best] }, index) => {
    const security = best && {
      securityPolicy: best.securityPolicy,
      securityMode: best.securityMode,
    };
    return [`server-${index + 1}`, { driver: "opcua", endpoint: url, ...security }];
  });
  return channels.length === 0 ? "" : stringify({ channels: Object.fromEntries(channels) });
}
