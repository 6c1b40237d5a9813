import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { find, parseXml, textAt, type XmlElement } from "../src/onvif/xml.ts";
import { VirtualEvents, type VirtualState } from "./virtual-camera-events.ts";
import { DigestGate, isTokenRight, type VirtualUser } from "./virtual-camera-login.ts";
import { drawPasture } from "./virtual-camera-picture.ts";
import * as soap from "./virtual-camera-soap.ts";

/** How a virtual camera is made; all of it may be left out. */
export interface VirtualCameraOptions {
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Without a user everybody is let in. */
  readonly user?: VirtualUser;
  /** How the SOAP services want the login; pictures always want HTTP digest. */
  readonly login?: "wsSecurity" | "digest";
  readonly identity?: Partial<soap.VirtualIdentity>;
  /** Written into the picture. */
  readonly title?: string;
  /** Pull points there can be at a time. */
  readonly subscriptionsMax?: number;
  /** The camera's clock minus ours. */
  readonly clockOffsetMs?: number;
  /** Where it says that pictures are, if not in itself. */
  readonly snapshotUri?: string;
  /** Names of its services: "media", "media2", "events". */
  readonly services?: readonly string[];
}

/** What can be wrong with a virtual camera, at any time. */
export interface VirtualCameraFaults {
  /** Answers nothing at all, but takes connections. */
  isSilent: boolean;
  /** Refuses to open a pull point. */
  refusesSubscriptions: boolean;
  /** Cuts the answer to PullMessages in its middle. */
  cutsPullMessages: boolean;
  /** Answers PullMessages with an empty page, at once. */
  answersPullMessagesOddly: boolean;
  /** Knows no SetSynchronizationPoint. */
  refusesSynchronization: boolean;
  /** Starts a picture and never ends it. */
  snapshotNeverEnds: boolean;
  /** Follows a picture with this much of nothing. */
  snapshotPaddingBytes: number;
  /** Delivers pictures without their second half. */
  snapshotIsCut: boolean;
  /** Answers for pictures with this HTTP status. */
  snapshotStatus: number;
}

const IDENTITY: soap.VirtualIdentity = {
  manufacturer: "Headgate",
  model: "Virtual camera",
  // As cameras have them: the one must not become 1.1, the other not 1.2345678901234567e19.
  firmware: "1.10",
  serial: "12345678901234567890",
  hardware: "007",
};
const PROFILES: readonly soap.VirtualProfile[] = [
  { token: "profile_1", name: "main", widthPx: 1280, heightPx: 720 },
  { token: "profile_2", name: "sub", widthPx: 640, heightPx: 360 },
];
const LIFE_MS_MAX = 600_000;
/** GetSystemDateAndTime is open to all; so are the services, by the standard. */
const OPEN_TO_ALL = ["GetSystemDateAndTime", "GetServices", "GetCapabilities"];

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly challenges?: string[];
}

/** An ONVIF camera on a real socket, with a drawn picture, switchable events and faults. */
export class VirtualCamera {
  readonly host: string;
  readonly faults: VirtualCameraFaults = {
    isSilent: false,
    refusesSubscriptions: false,
    cutsPullMessages: false,
    answersPullMessagesOddly: false,
    refusesSynchronization: false,
    snapshotNeverEnds: false,
    snapshotPaddingBytes: 0,
    snapshotIsCut: false,
    snapshotStatus: 200,
  };
  /** How often each operation was asked for; pictures count as "GET". */
  readonly requestCounts = new Map<string, number>();
  /** The camera's clock minus ours; may be set at any time. */
  clockOffsetMs: number;
  /** Null lets everybody in; may be changed, as people do with passwords. */
  user: VirtualUser | null;
  login: "wsSecurity" | "digest";
  readonly #options: VirtualCameraOptions;
  readonly #events: VirtualEvents;
  readonly #motion: VirtualState;
  readonly #input: VirtualState;
  readonly #sockets = new Set<Socket>();
  #gate: DigestGate;
  #server: http.Server | undefined;
  #port: number;

  constructor(options: VirtualCameraOptions = {}) {
    this.#options = options;
    this.host = options.host ?? "127.0.0.1";
    this.#port = options.port ?? 0;
    this.clockOffsetMs = options.clockOffsetMs ?? 0;
    this.user = options.user ?? null;
    this.login = options.login ?? "wsSecurity";
    this.#gate = new DigestGate(this.user ?? { username: "", password: "" });
    this.#motion = {
      topic: "tns1:RuleEngine/CellMotionDetector/Motion",
      sourceName: "VideoSourceConfigurationToken",
      source: "video_1",
      dataName: "IsMotion",
      value: false,
    };
    this.#input = {
      topic: "tns1:Device/Trigger/DigitalInput",
      sourceName: "InputToken",
      source: "input_1",
      dataName: "LogicalState",
      value: false,
    };
    this.#events = new VirtualEvents([this.#motion, this.#input], this.cameraMs);
  }

  get port(): number {
    return this.#port;
  }

  get subscriptionCount(): number {
    return this.#events.count;
  }

  readonly cameraMs = (): number => Date.now() + this.clockOffsetMs;

  /** Starts to listen; after `stop` on the same port again. */
  async start(): Promise<this> {
    const server = http.createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, this.host, resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    return this;
  }

  /** Pulls the plug: ends every connection, forgets every subscription. */
  async stop(): Promise<void> {
    this.#events.forgetAll();
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Restarts so fast that only the subscriptions are lost. */
  reboot(): void {
    this.#events.forgetAll();
  }

  setMotion(isOn: boolean): void {
    this.#events.set(this.#motion, isOn);
  }

  setDigitalInput(isOn: boolean): void {
    this.#events.set(this.#input, isOn);
  }

  /** The picture that the camera would deliver now. */
  picture(token = "profile_1"): Buffer {
    const profile = PROFILES.find((known) => known.token === token) ?? PROFILES[0];
    return drawPasture({
      widthPx: profile?.widthPx ?? 0,
      heightPx: profile?.heightPx ?? 0,
      timeMs: this.cameraMs(),
      title: this.#options.title ?? "Virtual camera",
      isMotion: this.#motion.value,
    });
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.faults.isSilent) return;
    const path = request.url ?? "/";
    if (request.method === "GET") return this.#servePicture(request, response, path);
    const answer = await this.#answer(request, Buffer.concat(chunks).toString("utf8"), path);
    const headers = {
      "Content-Type": "application/soap+xml; charset=utf-8",
      "Content-Length": Buffer.byteLength(answer.text),
      ...(answer.challenges ? { "WWW-Authenticate": answer.challenges } : {}),
    };
    response.writeHead(answer.status, headers);
    const isCut = this.faults.cutsPullMessages && answer.text.includes("PullMessagesResponse");
    if (!isCut) return void response.end(answer.text);
    response.write(answer.text.slice(0, answer.text.length / 2), () => response.destroy());
  }

  async #answer(request: http.IncomingMessage, text: string, path: string): Promise<Answer> {
    let envelope: XmlElement;
    try {
      envelope = parseXml(text);
    } catch (error) {
      return fault("Sender", "ter:WellFormed", String(error));
    }
    const operation = find(envelope, "Body")?.children[0];
    const name = operation?.name ?? "nothing";
    this.#count(name);
    if (!OPEN_TO_ALL.includes(name) && this.user) {
      const refusal = this.#refusal(request, envelope, path);
      if (refusal) return refusal;
    }
    const isVersion2 = path.startsWith("/onvif/media2");
    const body =
      this.#answerDevice(name) ??
      this.#answerMedia(name, operation, isVersion2) ??
      (await this.#answerEvents(name, operation, path));
    if (body === undefined) return fault("Receiver", "ter:ActionNotSupported", name);
    return typeof body === "string" ? { status: 200, text: soap.soapReply(body) } : body;
  }

  #refusal(request: http.IncomingMessage, envelope: XmlElement, path: string): Answer | undefined {
    const user = this.user ?? { username: "", password: "" };
    if (this.login === "digest") return this.#digestRefusal(request, path);
    if (isTokenRight(envelope, user, this.cameraMs())) return undefined;
    return fault("Sender", "ter:NotAuthorized", "Sender not authorized");
  }

  #digestRefusal(request: http.IncomingMessage, path: string): Answer | undefined {
    if (!this.user) return undefined;
    if (this.#gate.user !== this.user) this.#gate = new DigestGate(this.user);
    const { authorization } = request.headers;
    if (this.#gate.admits(authorization, request.method ?? "", path)) return undefined;
    return { status: 401, text: "", challenges: this.#gate.challenge() };
  }

  get #services(): readonly string[] {
    return ["device", ...(this.#options.services ?? ["media", "media2", "events"])];
  }

  get #base(): string {
    return `http://${this.host}:${this.#port}`;
  }

  #answerDevice(name: string): string | undefined {
    switch (name) {
      case "GetSystemDateAndTime":
        return soap.dateAndTime(this.cameraMs());
      case "GetDeviceInformation":
        return soap.deviceInformation({ ...IDENTITY, ...this.#options.identity });
      case "GetServices":
        return soap.services(this.#base, this.#services);
      case "GetCapabilities":
        return soap.capabilities(this.#base, this.#services);
      default:
        return undefined;
    }
  }

  #answerMedia(
    name: string,
    operation: XmlElement | undefined,
    isVersion2: boolean,
  ): string | Answer | undefined {
    if (name === "GetProfiles") return soap.profiles(PROFILES, isVersion2);
    if (name === "GetVideoSources") return "<trt:GetVideoSourcesResponse/>";
    if (name !== "GetSnapshotUri") return undefined;
    const token = textAt(operation, "ProfileToken");
    if (!PROFILES.some((profile) => profile.token === token)) {
      return fault("Sender", "ter:NoProfile", "Profile token does not exist");
    }
    const uri = this.#options.snapshotUri ?? `${this.#base}/snapshot.jpg?profile=${token}`;
    return soap.snapshotUri(uri, isVersion2);
  }

  async #answerEvents(
    name: string,
    operation: XmlElement | undefined,
    path: string,
  ): Promise<string | Answer | undefined> {
    const events = this.#events;
    if (name === "CreatePullPointSubscription") {
      const max = this.#options.subscriptionsMax ?? 4;
      if (this.faults.refusesSubscriptions || events.count >= max) {
        return fault("Receiver", "wsnt:SubscribeCreationFailedFault", "No more subscriptions");
      }
      const asked = durationMs(textAt(operation, "InitialTerminationTime"));
      const opened = events.open(Math.min(asked ?? LIFE_MS_MAX, LIFE_MS_MAX));
      events.synchronize(opened);
      return soap.pullPointCreated(`${this.#base}/onvif/events/${opened}`, this.#times(opened));
    }
    const id = path.split("/").at(-1) ?? "";
    if (!path.startsWith("/onvif/events/")) return undefined;
    if (!events.has(id)) {
      return fault("Sender", "wsrf-rw:ResourceUnknownFault", "Invalid subscription");
    }
    return this.#answerPullPoint(name, operation, id);
  }

  async #answerPullPoint(
    name: string,
    operation: XmlElement | undefined,
    id: string,
  ): Promise<string | Answer | undefined> {
    const events = this.#events;
    switch (name) {
      case "PullMessages": {
        if (this.faults.answersPullMessagesOddly) return { status: 200, text: "" };
        const waitMs = durationMs(textAt(operation, "Timeout")) ?? 0;
        const limit = Number(textAt(operation, "MessageLimit") ?? 10);
        const messages = await events.pull(id, waitMs, limit);
        if (!events.has(id)) {
          return fault("Sender", "wsrf-rw:ResourceUnknownFault", "Invalid subscription");
        }
        return soap.pulledMessages(messages, this.#times(id));
      }
      case "SetSynchronizationPoint":
        if (this.faults.refusesSynchronization) return undefined;
        events.synchronize(id);
        return "<tev:SetSynchronizationPointResponse/>";
      case "Renew":
        events.renew(id);
        return soap.renewed(this.#times(id));
      case "Unsubscribe":
        events.close(id);
        return "<wsnt:UnsubscribeResponse/>";
      default:
        return undefined;
    }
  }

  #times(id: string): soap.Times {
    return { nowMs: this.cameraMs(), endsAtMs: this.#events.endsAtMs(id) };
  }

  #servePicture(request: http.IncomingMessage, response: http.ServerResponse, path: string): void {
    this.#count("GET");
    const { faults } = this;
    const refusal = this.#digestRefusal(request, path);
    if (refusal?.challenges) {
      response.writeHead(401, { "WWW-Authenticate": refusal.challenges });
      return void response.end();
    }
    const url = new URL(path, this.#base);
    if (faults.snapshotStatus !== 200 || url.pathname !== "/snapshot.jpg") {
      response.writeHead(faults.snapshotStatus === 200 ? 404 : faults.snapshotStatus);
      return void response.end();
    }
    const whole = this.picture(url.searchParams.get("profile") ?? undefined);
    const picture = faults.snapshotIsCut ? whole.subarray(0, whole.length / 2) : whole;
    response.writeHead(200, { "Content-Type": "image/jpeg" });
    response.write(picture);
    if (faults.snapshotPaddingBytes > 0) response.write(Buffer.alloc(faults.snapshotPaddingBytes));
    if (!faults.snapshotNeverEnds) response.end();
  }

  #count(name: string): void {
    this.requestCounts.set(name, (this.requestCounts.get(name) ?? 0) + 1);
  }
}

/** A virtual camera that already listens. */
export function startVirtualCamera(options?: VirtualCameraOptions): Promise<VirtualCamera> {
  return new VirtualCamera(options).start();
}

function fault(code: "Sender" | "Receiver", subcode: string, reason: string): Answer {
  return { status: code === "Sender" ? 400 : 500, text: soap.soapFault(code, subcode, reason) };
}

/** An xs:duration of minutes and seconds, or undefined. */
function durationMs(text: string | undefined): number | undefined {
  const match = /^PT(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$/.exec(text ?? "");
  if (!match) return undefined;
  return (Number(match[1] ?? 0) * 60 + Number(match[2] ?? 0)) * 1000;
}
