import { randomUUID } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type Context, Unreachable } from "@headgate/model";
import { deviceOperation } from "./camera.ts";
import { createHttpLogin } from "./http-login.ts";
import { createSoapSender } from "./soap-sender.ts";
import { allNamed, find, NotXml, parseXml, textAt, type XmlElement } from "./xml.ts";

/** A camera, as far as it tells anybody of itself. */
export interface FoundCamera {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  /** Of its device service. */
  readonly path: string;
  readonly name: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly firmware: string;
  readonly serial: string;
  /** What it is asked more than its time for wants a user name. */
  readonly needsLogin: boolean;
}

/** WS-Discovery 1.0, 2.4: where everybody listens who wants to be found. */
const GROUP = "239.255.255.250";
const GROUP_PORT = 3702;
const MESSAGE_BYTES_MAX = 65_535;
const CAMERAS_MAX = 1_000;
/** A datagram may be lost. */
const PROBE_COUNT = 2;
const PROBE_PAUSE_MS = 500;

export interface ProbeOptions {
  /** Of this machine, on the network to be asked: "192.168.1.5". */
  readonly interfaceAddress: string;
  readonly waitMs: number;
  /** Instead of the group of all cameras. */
  readonly to?: { readonly host: string; readonly port: number };
}

/** Calls for cameras on one network, and listens for a while who answers. */
export async function probeNetwork(options: ProbeOptions, context: Context): Promise<URL[]> {
  const { interfaceAddress, waitMs, to = { host: GROUP, port: GROUP_PORT } } = options;
  const { clock, signal } = context;
  const found = new Map<string, URL>();
  const socket = createSocket("udp4");
  const failed = new Promise<never>((_, reject) => {
    socket.on("error", (cause) => {
      const hint = "check that it is an address of this machine";
      reject(new Unreachable(`probe from ${interfaceAddress}: ${cause.message}; ${hint}`));
    });
  });
  try {
    socket.bind(0, interfaceAddress);
    await Promise.race([once(socket, "listening"), failed]);
    if (to.host === GROUP) socket.setMulticastInterface(interfaceAddress);
    socket.on("message", (bytes) => {
      if (bytes.length > MESSAGE_BYTES_MAX || found.size >= CAMERAS_MAX) return;
      for (const url of addressesIn(bytes.toString("utf8"))) found.set(url.href, url);
    });
    const message = Buffer.from(probeMessage(randomUUID()));
    for (let count = 0; count < PROBE_COUNT && !signal.aborted; count++) {
      socket.send(message, to.port, to.host);
      await Promise.race([clock.sleep(PROBE_PAUSE_MS, signal), failed]);
    }
    const restMs = Math.max(0, waitMs - PROBE_COUNT * PROBE_PAUSE_MS);
    await Promise.race([clock.sleep(restMs, signal), failed]);
  } finally {
    socket.close();
  }
  return [...found.values()];
}

function probeMessage(id: string): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" ' +
    'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" ' +
    'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" ' +
    'xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Header>' +
    `<a:MessageID>uuid:${id}</a:MessageID>` +
    "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>" +
    "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>" +
    "</s:Header><s:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe>" +
    "</s:Body></s:Envelope>"
  );
}

/** The device services that an answer names, one a camera; none if it is no answer. */
export function addressesIn(text: string): URL[] {
  let envelope: XmlElement;
  try {
    envelope = parseXml(text);
  } catch (error) {
    if (!(error instanceof NotXml)) throw error;
    // Anybody may send datagrams here: what is none of ours is passed over.
    return [];
  }
  const matches = allNamed(find(envelope, "Body", "ProbeMatches"), "ProbeMatch");
  return matches.flatMap((match) => {
    const urls = (textAt(match, "XAddrs") ?? "")
      .split(/\s+/)
      .map((address) => URL.parse(address))
      .filter((url) => url !== null)
      .filter(({ protocol }) => /^https?:$/.test(protocol));
    // Some name an IPv6 or link-local address, too.
    const [best] = urls.toSorted((a, b) => strangeness(a) - strangeness(b));
    return best ? [best] : [];
  });
}

function strangeness({ hostname }: URL): number {
  if (hostname.startsWith("[")) return 2;
  return hostname.startsWith("169.254.") ? 1 : 0;
}

/** Asks one address whether a camera is there; null if none answers as one. */
export async function askCamera(
  { url, timeoutMs }: { readonly url: URL; readonly timeoutMs: number },
  context: Context,
): Promise<FoundCamera | null> {
  const { clock, signal } = context;
  const isTls = url.protocol === "https:";
  const port = Number(url.port) || (isTls ? 443 : 80);
  const name = `${url.hostname}:${port}`;
  const anonymous = createHttpLogin(undefined, clock);
  const parts = { name, credentials: undefined, login: anonymous, anonymous, timeoutMs };
  const send = createSoapSender(parts);
  const ask = async (operation: string) =>
    await send(deviceOperation(url, operation), {
      as: "none",
      createdMs: clock.nowMs(),
      signal,
    });
  // The standard wants its time open to all, some cameras close even that: both show a camera.
  const time = await ask("GetSystemDateAndTime");
  if (time.kind === "fault" && !time.isNotAuthorized) return null;
  if (time.kind === "answer" && time.body.name !== "GetSystemDateAndTimeResponse") return null;
  const told = await ask("GetDeviceInformation");
  const text = (element: string) =>
    told.kind === "answer" ? (textAt(told.body, element) ?? "") : "";
  const manufacturer = text("Manufacturer");
  const model = text("Model");
  return {
    ...{ host: url.hostname, port, isTls, path: url.pathname },
    ...{ name: [manufacturer, model].filter(Boolean).join(" "), manufacturer, model },
    firmware: text("FirmwareVersion"),
    serial: text("SerialNumber"),
    needsLogin: told.kind === "fault" && told.isNotAuthorized,
  };
}
