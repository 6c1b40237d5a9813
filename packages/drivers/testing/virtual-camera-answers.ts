import { textAt, type XmlElement } from "../src/onvif/xml.ts";
import type { VirtualEvents } from "./virtual-camera-events.ts";
import type { VirtualCameraFaults } from "./virtual-camera-faults.ts";
import * as soap from "./virtual-camera-soap.ts";

/** An HTTP answer of the camera's services. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly challenges?: string[];
}

/** What a request asks for: its operation, and the path it was sent to. */
export interface Asked {
  readonly name: string;
  readonly operation: XmlElement | undefined;
  readonly path: string;
}

/** What the answers depend on. */
export interface Answering {
  /** Where the camera says it is. */
  readonly base: string;
  readonly services: readonly string[];
  readonly identity: soap.VirtualIdentity;
  readonly snapshotUri: string | undefined;
  readonly subscriptionsMax: number;
  readonly events: VirtualEvents;
  readonly faults: VirtualCameraFaults;
  cameraMs(): number;
}

/** Who a virtual camera is if nobody says otherwise. */
export const IDENTITY: soap.VirtualIdentity = {
  manufacturer: "Headgate",
  model: "Virtual camera",
  // As cameras have them, and as they must stay: not 1.1, not 1.2345678901234567e19, not 7.
  firmware: "1.10",
  serial: "12345678901234567890",
  hardware: "007",
};
/** Its streams. */
export const PROFILES: readonly soap.VirtualProfile[] = [
  { token: "profile_1", name: "main", widthPx: 1280, heightPx: 720 },
  { token: "profile_2", name: "sub", widthPx: 640, heightPx: 360 },
];
const LIFE_MS_MAX = 600_000;

type Body = string | Answer | undefined;

/** The body that answers an operation, a fault, or undefined for what the camera does not know. */
export async function answerOperation(asked: Asked, camera: Answering): Promise<Body> {
  return (
    answerDevice(asked, camera) ??
    answerMedia(asked, camera) ??
    (asked.name === "CreatePullPointSubscription"
      ? openPullPoint(asked, camera)
      : answerPullPoint(asked, camera))
  );
}

/** A SOAP fault with the HTTP status that goes with it. */
export function fault(code: "Sender" | "Receiver", subcode: string, reason: string): Answer {
  return { status: code === "Sender" ? 400 : 500, text: soap.soapFault(code, subcode, reason) };
}

function answerDevice({ name }: Asked, camera: Answering): Body {
  switch (name) {
    case "GetSystemDateAndTime":
      return soap.dateAndTime(camera.cameraMs());
    case "GetDeviceInformation":
      return soap.deviceInformation(camera.identity);
    case "GetServices":
      return soap.services(camera.base, camera.services);
    case "GetCapabilities":
      return soap.capabilities(camera.base, camera.services);
    default:
      return undefined;
  }
}

function answerMedia({ name, operation, path }: Asked, { base, snapshotUri }: Answering): Body {
  const isVersion2 = path.startsWith("/onvif/media2");
  if (name === "GetProfiles") return soap.profiles(PROFILES, isVersion2);
  if (name === "GetVideoSources") return soap.videoSources();
  if (name !== "GetSnapshotUri") return undefined;
  const token = textAt(operation, "ProfileToken");
  if (!PROFILES.some((profile) => profile.token === token)) {
    return fault("Sender", "ter:NoProfile", "Profile token does not exist");
  }
  return soap.snapshotUri(snapshotUri ?? `${base}/snapshot.jpg?profile=${token}`, isVersion2);
}

function openPullPoint({ operation }: Asked, camera: Answering): Body {
  const { events, faults, subscriptionsMax, base } = camera;
  if (faults.refusesSubscriptions || events.count >= subscriptionsMax) {
    return fault("Receiver", "wsnt:SubscribeCreationFailedFault", "No more subscriptions");
  }
  const asked = durationMs(textAt(operation, "InitialTerminationTime"));
  const id = events.open(Math.min(asked ?? LIFE_MS_MAX, LIFE_MS_MAX));
  return soap.pullPointCreated(`${base}/onvif/events/${id}`, timesOf(id, camera));
}

async function answerPullPoint(asked: Asked, camera: Answering): Promise<Body> {
  const { events, faults } = camera;
  const [, id = ""] = /^\/onvif\/events\/(\d+)$/.exec(asked.path) ?? [];
  if (id === "") return undefined;
  if (!events.has(id)) return invalidSubscription();
  switch (asked.name) {
    case "PullMessages":
      return pullMessages(asked, id, camera);
    case "SetSynchronizationPoint":
      if (faults.refusesSynchronization) return undefined;
      events.synchronize(id);
      return "<tev:SetSynchronizationPointResponse/>";
    case "Renew":
      events.renew(id);
      return soap.renewed(timesOf(id, camera));
    case "Unsubscribe":
      events.close(id);
      return "<wsnt:UnsubscribeResponse/>";
    default:
      return undefined;
  }
}

async function pullMessages({ operation }: Asked, id: string, camera: Answering): Promise<Body> {
  const { events, faults } = camera;
  if (faults.answersPullMessagesOddly) return { status: 200, text: "" };
  const waitMs = faults.pullsWithoutWaiting ? 0 : durationMs(textAt(operation, "Timeout"));
  const messages = await events.pull(
    id,
    waitMs ?? 0,
    Number(textAt(operation, "MessageLimit") ?? 10),
  );
  if (!events.has(id)) return invalidSubscription();
  return soap.pulledMessages(messages, timesOf(id, camera));
}

function invalidSubscription(): Answer {
  return fault("Sender", "wsrf-rw:ResourceUnknownFault", "Invalid subscription");
}

function timesOf(id: string, { cameraMs, events }: Answering): soap.Times {
  return { nowMs: cameraMs(), endsAtMs: events.endsAtMs(id) };
}

/** An xs:duration of minutes and seconds, or undefined. */
function durationMs(text: string | undefined): number | undefined {
  const match = /^PT(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$/.exec(text ?? "");
  if (!match) return undefined;
  return (Number(match[1] ?? 0) * 60 + Number(match[2] ?? 0)) * 1000;
}
