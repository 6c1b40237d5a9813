import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { find, parseXml, type XmlElement } from "../src/onvif/xml.ts";
import {
  type Answer,
  answerOperation,
  fault,
  IDENTITY,
  PROFILES,
} from "./virtual-camera-answers.ts";
import { VirtualEvents, type VirtualState } from "./virtual-camera-events.ts";
import { noFaults, type VirtualCameraFaults } from "./virtual-camera-faults.ts";
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

/** GetSystemDateAndTime is open to all; so are the services, by the standard. */
const OPEN_TO_ALL = ["GetSystemDateAndTime", "GetServices", "GetCapabilities"];

/** An ONVIF camera on a real socket, with a drawn picture, switchable events and faults. */
export class VirtualCamera {
  readonly host: string;
  readonly faults: VirtualCameraFaults = noFaults();
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
    const asked = { name, operation, path };
    const { identity, snapshotUri, subscriptionsMax } = this.#options;
    const body = await answerOperation(asked, {
      base: this.#base,
      services: ["device", ...(this.#options.services ?? ["media", "media2", "events"])],
      identity: { ...IDENTITY, ...identity },
      snapshotUri,
      subscriptionsMax: subscriptionsMax ?? 4,
      events: this.#events,
      faults: this.faults,
      cameraMs: this.cameraMs,
    });
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

  get #base(): string {
    return `http://${this.host}:${this.#port}`;
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
