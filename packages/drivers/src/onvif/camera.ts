import { type Context, Misconfigured, Refused } from "@headgate/model";
import type { Config } from "./config.ts";
import { type Credentials, createHttpLogin, type HttpLogin } from "./http-login.ts";
import type { SoapAnswer } from "./soap.ts";
import { createSoapSender, type Login, type Operation } from "./soap-sender.ts";
import { find, textAt, type XmlElement } from "./xml.ts";

/** A camera at an address: sends requests, keeps the login and the camera's clock in mind. */
export interface Camera {
  readonly name: string;
  readonly deviceUrl: URL;
  readonly login: HttpLogin;
  /** The camera's clock minus ours. */
  clockOffsetMs(): number;
  /** Asks the camera for its time. */
  refreshClock(signal: AbortSignal): Promise<number>;
  /** The answer. Rejects with `Unreachable`, `Misconfigured` (login) or `Refused` (fault). */
  call(operation: Operation, signal: AbortSignal): Promise<XmlElement>;
}

/** The device service's name space, version 1.0. */
export const DEVICE = "http://www.onvif.org/ver10/device/wsdl";

const CLOCK_AGE_MAX_MS = 3_600_000;

/** A camera at the address of the config. Nothing is sent yet. */
export function createCamera(config: Config, { clock, log }: Context): Camera {
  const timeoutMs = config.timeout;
  const credentials = credentialsOf(config);
  const login = createHttpLogin(credentials, clock);
  const anonymous = createHttpLogin(undefined, clock);
  const deviceUrl = deviceUrlOf(config);
  const name = `camera ${config.host}:${config.port}`;
  let mode: Login = loginAtFirst(config, credentials !== undefined);
  let offsetMs = 0;
  let offsetKnownAtMs = Number.NEGATIVE_INFINITY;

  const sender = createSoapSender({ name, credentials, login, anonymous, timeoutMs });
  const send = (operation: Operation, as: Login, signal: AbortSignal) =>
    sender(operation, { as, createdMs: clock.nowMs() + offsetMs, signal });

  const refreshClock = async (signal: AbortSignal): Promise<number> => {
    const operation = deviceOperation(deviceUrl, "GetSystemDateAndTime");
    const sentAtMs = clock.monotonicMs();
    let answer = await send(operation, "none", signal);
    // The standard wants it open to all; some cameras close it all the same.
    if (answer.kind === "fault" && answer.isNotAuthorized && mode !== "none") {
      answer = await send(operation, mode, signal);
    }
    offsetKnownAtMs = clock.monotonicMs();
    const cameraMs = answer.kind === "answer" ? readTime(answer.body) : undefined;
    if (cameraMs === undefined) return offsetMs;
    const halfwayMs = (offsetKnownAtMs - sentAtMs) / 2;
    offsetMs = Math.round(cameraMs - (clock.nowMs() - halfwayMs));
    return offsetMs;
  };

  /** Tries the login that worked last; if refused, with a fresh clock; then the other way. */
  const attempt = async (operation: Operation, signal: AbortSignal): Promise<SoapAnswer> => {
    const answer = await send(operation, mode, signal);
    if (answer.kind === "answer" || !answer.isNotAuthorized || mode === "none") return answer;
    if (mode === "digest") return answer;
    await refreshClock(signal);
    const again = await send(operation, mode, signal);
    if (again.kind === "answer" || !again.isNotAuthorized || config.auth !== "auto") return again;
    const byDigest = await send(operation, "digest", signal);
    if (byDigest.kind === "answer" || !byDigest.isNotAuthorized) {
      log.info("camera wants HTTP digest instead of WS-Security", { camera: name });
      mode = "digest";
    }
    return byDigest;
  };

  return {
    name,
    deviceUrl,
    login,
    clockOffsetMs: () => offsetMs,
    refreshClock,
    async call(operation, signal) {
      const isClockOld = clock.monotonicMs() - offsetKnownAtMs > CLOCK_AGE_MAX_MS;
      if (isClockOld) await refreshClock(signal);
      return bodyOf(await attempt(operation, signal), `${operation.name} at ${name}`, config);
    },
  };
}

function bodyOf(answer: SoapAnswer, place: string, { username }: Config): XmlElement {
  if (answer.kind === "answer") return answer.body;
  const what = `${place}: ${answer.reason}`;
  if (!answer.isNotAuthorized) throw new Refused(`${what} (fault)`);
  const who = username === undefined ? "without a login" : `user "${username}"`;
  throw new Misconfigured(`${what}; not authorized ${who}: check name, password and role`);
}

function deviceUrlOf({ useTls, host, port, path }: Config): URL {
  return new URL(`${useTls ? "https" : "http"}://${bracketed(host)}:${port}${path}`);
}

function loginAtFirst({ auth }: Config, hasCredentials: boolean): Login {
  if (!hasCredentials) return "none";
  return auth === "digest" ? "digest" : "wsSecurity";
}

function credentialsOf({ username, password }: Config): Credentials | undefined {
  return username === undefined || password === undefined ? undefined : { username, password };
}

/** An operation of the device service without parameters, or with `inner` as its XML. */
export function deviceOperation(url: URL, name: string, inner = ""): Operation {
  return {
    name,
    url,
    action: `${DEVICE}/${name}`,
    body: `<${name} xmlns="${DEVICE}">${inner}</${name}>`,
  };
}

/** UTC as the camera tells it, or undefined if it does not. */
function readTime(body: XmlElement): number | undefined {
  const utc = find(body, "SystemDateAndTime", "UTCDateTime");
  const numbers = [
    ["Date", "Year"],
    ["Date", "Month"],
    ["Date", "Day"],
    ["Time", "Hour"],
    ["Time", "Minute"],
    ["Time", "Second"],
  ].map((path) => Number(textAt(utc, ...path) ?? Number.NaN));
  const [year = 0, month = 1, day, hour, minute, second] = numbers;
  const timeMs = Date.UTC(year, month - 1, day, hour, minute, second);
  return Number.isFinite(timeMs) ? timeMs : undefined;
}

function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
