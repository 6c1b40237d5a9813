import { type Context, Refused } from "@headgate/model";
import { type Camera, DEVICE, deviceOperation } from "./camera.ts";
import type { Config } from "./config.ts";
import { allNamed, find, textAt, type XmlElement } from "./xml.ts";

/** Where the services of a camera are that we use. */
export interface Services {
  readonly media: URL | undefined;
  readonly media2: URL | undefined;
  readonly events: URL | undefined;
  /** An address that the camera gave, made reachable from here. */
  reach(address: string): URL;
}

/** What the readers of a camera work with. */
export interface CameraParts {
  readonly camera: Camera;
  readonly services: Services;
  readonly config: Config;
  readonly context: Context;
}

const MEDIA = "http://www.onvif.org/ver10/media/wsdl";
const MEDIA2 = "http://www.onvif.org/ver20/media/wsdl";
const EVENTS = "http://www.onvif.org/ver10/events/wsdl";

/** Asks by GetServices, and cameras too old for it by GetCapabilities. */
export async function findServices(camera: Camera, signal: AbortSignal): Promise<Services> {
  const inner = "<IncludeCapability>false</IncludeCapability>";
  const services = deviceOperation(camera.deviceUrl, "GetServices", inner);
  try {
    return fromServices(camera, await camera.call(services, signal));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const all = "<Category>All</Category>";
    const capabilities = deviceOperation(camera.deviceUrl, "GetCapabilities", all);
    return fromCapabilities(camera, await camera.call(capabilities, signal));
  }
}

function fromServices(camera: Camera, body: XmlElement): Services {
  const addresses = new Map(
    allNamed(body, "Service").map((service) => [
      textAt(service, "Namespace") ?? "",
      textAt(service, "XAddr"),
    ]),
  );
  return servicesAt(camera, {
    device: addresses.get(DEVICE),
    media: addresses.get(MEDIA),
    media2: addresses.get(MEDIA2),
    events: addresses.get(EVENTS),
  });
}

function fromCapabilities(camera: Camera, body: XmlElement): Services {
  const capabilities = find(body, "Capabilities");
  return servicesAt(camera, {
    device: textAt(capabilities, "Device", "XAddr"),
    media: textAt(capabilities, "Media", "XAddr"),
    media2: undefined,
    events: textAt(capabilities, "Events", "XAddr"),
  });
}

type Announced = Readonly<Record<"device" | "media" | "media2" | "events", string | undefined>>;

function servicesAt({ deviceUrl }: Camera, announced: Announced): Services {
  const reach = (address: string) => reachableUrl(address, announced.device, deviceUrl);
  // A service with an address that is none is one that it does not offer.
  const at = (address: string | undefined) =>
    address && isReachable(address, deviceUrl) ? reach(address) : undefined;
  return {
    media: at(announced.media),
    media2: at(announced.media2),
    events: at(announced.events),
    reach,
  };
}

function isReachable(address: string, ours: URL): boolean {
  return /^https?:$/.test(URL.parse(address, ours.href)?.protocol ?? "");
}

/**
 * Cameras name themselves by addresses that only they can use (behind NAT, or of a former network).
 * So the host is always ours; the port too where it is the one the device service is said to have.
 */
export function reachableUrl(address: string, device: string | undefined, ours: URL): URL {
  if (!isReachable(address, ours)) {
    throw new Refused(`camera gives ${JSON.stringify(address)}, which is no address of http`);
  }
  const url = new URL(address, ours);
  const isSamePort = URL.parse(device ?? address, ours.href)?.port === url.port;
  url.hostname = ours.hostname;
  if (isSamePort) {
    url.protocol = ours.protocol;
    url.port = ours.port;
  }
  return url;
}
