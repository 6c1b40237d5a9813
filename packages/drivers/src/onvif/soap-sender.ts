import { randomBytes, randomUUID } from "node:crypto";
import { Refused, Unreachable } from "@headgate/model";
import type { HttpReply } from "./exchange.ts";
import type { Credentials, HttpLogin } from "./http-login.ts";
import { parseSoap, type SoapAnswer, soapRequest } from "./soap.ts";
import { NotXml, type XmlElement } from "./xml.ts";

/** One SOAP request: `body` as XML, to a path of the camera. */
export interface Operation {
  readonly name: string;
  readonly url: URL;
  /** The action URI, for the Content-Type and for WS-Addressing. */
  readonly action: string;
  readonly body: string;
  /** Present if the request needs WS-Addressing headers. */
  readonly referenceParameters?: readonly XmlElement[];
  /** How long the camera may think about it beyond the usual timeout. */
  readonly extraMs?: number;
}

/** How a request shows who asks. */
export type Login = "wsSecurity" | "digest" | "none";

/** What requests are made with. */
export interface SenderParts {
  /** The camera's, for messages. */
  readonly name: string;
  readonly credentials: Credentials | undefined;
  readonly login: HttpLogin;
  readonly anonymous: HttpLogin;
  readonly timeoutMs: number;
}

/** How one request is made: `createdMs` is now by the camera's clock. */
export interface Sending {
  readonly as: Login;
  readonly createdMs: number;
  readonly signal: AbortSignal;
}

const ANSWER_BYTES_MAX = 1024 ** 2;

/** Sends a request and reads its answer; rejects with `Unreachable` or, for nonsense, `Refused`. */
export function createSoapSender(
  parts: SenderParts,
): (operation: Operation, sending: Sending) => Promise<SoapAnswer> {
  return async (operation, { as, createdMs, signal }) => {
    const { url, action } = operation;
    const signer = as === "wsSecurity" ? parts.credentials : undefined;
    const token = signer && tokenOf(signer, createdMs);
    const request = {
      url,
      method: "POST" as const,
      headers: { "Content-Type": `application/soap+xml; charset=utf-8; action="${action}"` },
      body: soapRequest(operation.body, { addressing: addressingOf(operation), token }),
      timeoutMs: parts.timeoutMs + (operation.extraMs ?? 0),
      bytesMax: ANSWER_BYTES_MAX,
      signal,
    };
    const place = `${operation.name} at ${parts.name}`;
    try {
      const reply = await (as === "digest" ? parts.login : parts.anonymous).send(request);
      return readAnswer(place, reply);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      throw new Unreachable(`${place}: ${error.message}; check that it is on and reachable`);
    }
  };
}

function tokenOf(credentials: Credentials, createdMs: number) {
  return { ...credentials, nonce: randomBytes(16), created: new Date(createdMs).toISOString() };
}

function addressingOf({ url, action, referenceParameters }: Operation) {
  if (!referenceParameters) return undefined;
  return { to: url.href, action, messageId: `urn:uuid:${randomUUID()}`, referenceParameters };
}

/** A refused login comes with a fault, with a web page, or with nothing. */
function readAnswer(place: string, reply: HttpReply): SoapAnswer {
  const isRefused = reply.status === 401 || reply.status === 403;
  const refusal = {
    kind: "fault",
    isNotAuthorized: true,
    reason: `http ${reply.status}`,
  } as const;
  try {
    const answer = parseSoap(reply.bytes.toString("utf8"));
    return isRefused ? refusal : answer;
  } catch (cause) {
    if (!(cause instanceof NotXml)) throw cause;
    if (isRefused || reply.status === 400) return refusal;
    const what = reply.status === 200 ? cause.message : `http ${reply.status}`;
    throw new Refused(`${place}: ${what}; check port and path`);
  }
}
