import type { Context } from "@headgate/model";
import type { FoundCamera, ProbeOptions } from "./onvif/discover.ts";
import type { DiscoverOptions, FoundServer } from "./opcua/discover.ts";

export type { FoundCamera, ProbeOptions } from "./onvif/discover.ts";
export type {
  DiscoverOptions,
  FoundCertificate,
  FoundEndpoint,
  FoundServer,
} from "./opcua/discover.ts";

// Ways to find servers and cameras; what they need is loaded by the first that is asked.

/** What an OPC UA server offers: endpoints with their security, certificates, other servers. */
export async function discoverServer(
  options: DiscoverOptions,
  context: Context,
): Promise<FoundServer> {
  return await (await import("./opcua/discover.ts")).discoverServer(options, context);
}

/** Device services of the cameras on a network that answer a call to all. */
export async function probeNetwork(options: ProbeOptions, context: Context): Promise<URL[]> {
  return await (await import("./onvif/discover.ts")).probeNetwork(options, context);
}

/** A camera at an address; null if none answers as one. Rejects with `Unreachable`. */
export async function askCamera(
  options: { readonly url: URL; readonly timeoutMs: number },
  context: Context,
): Promise<FoundCamera | null> {
  return await (await import("./onvif/discover.ts")).askCamera(options, context);
}
