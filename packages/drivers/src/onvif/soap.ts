import { createHash } from "node:crypto";
import { escapeXml, find, NotXml, parseXml, textAt, type XmlElement } from "./xml.ts";

/** What a camera said to a request. */
export type SoapAnswer =
  | { readonly kind: "answer"; readonly body: XmlElement }
  | { readonly kind: "fault"; readonly isNotAuthorized: boolean; readonly reason: string };

/** A login as the camera must see it: `created` in the camera's own time. */
export interface UsernameToken {
  readonly username: string;
  readonly password: string;
  readonly nonce: Buffer;
  readonly created: string;
}

/** Where a request of WS-Addressing goes. */
export interface Addressing {
  readonly to: string;
  readonly action: string;
  readonly messageId: string;
  /** What the camera asked to be given back with each request to a subscription. */
  readonly referenceParameters: readonly XmlElement[];
}

const SOAP = "http://www.w3.org/2003/05/soap-envelope";
const ADDRESSING = "http://www.w3.org/2005/08/addressing";
const WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss";

/** A whole SOAP 1.2 request. */
export function soapRequest(
  body: string,
  headers: { token?: UsernameToken | undefined; addressing?: Addressing | undefined } = {},
): string {
  const { token, addressing } = headers;
  const header = (addressing ? addressingHeader(addressing) : "") + (token ? security(token) : "");
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    `<s:Envelope xmlns:s="${SOAP}" xmlns:wsa="${ADDRESSING}">` +
    `<s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`
  );
}

/** WS-Security UsernameToken 1.0: Base64(SHA-1(nonce + created + password)), all of it UTF-8. */
export function passwordDigest(token: UsernameToken): string {
  return createHash("sha1")
    .update(token.nonce)
    .update(token.created, "utf8")
    .update(token.password, "utf8")
    .digest("base64");
}

function security(token: UsernameToken): string {
  const profile = `${WSS}-username-token-profile-1.0#PasswordDigest`;
  const encoding = `${WSS}-soap-message-security-1.0#Base64Binary`;
  return (
    `<wsse:Security s:mustUnderstand="true" xmlns:wsse="${WSS}-wssecurity-secext-1.0.xsd" ` +
    `xmlns:wsu="${WSS}-wssecurity-utility-1.0.xsd"><wsse:UsernameToken>` +
    `<wsse:Username>${escapeXml(token.username)}</wsse:Username>` +
    `<wsse:Password Type="${profile}">${passwordDigest(token)}</wsse:Password>` +
    `<wsse:Nonce EncodingType="${encoding}">${token.nonce.toString("base64")}</wsse:Nonce>` +
    `<wsu:Created>${token.created}</wsu:Created></wsse:UsernameToken></wsse:Security>`
  );
}

function addressingHeader({ to, action, messageId, referenceParameters }: Addressing): string {
  const given = referenceParameters.map(
    ({ name, namespace, text }) =>
      `<r:${name} xmlns:r="${escapeXml(namespace)}" wsa:IsReferenceParameter="true">` +
      `${escapeXml(text.trim())}</r:${name}>`,
  );
  return (
    `<wsa:Action s:mustUnderstand="true">${action}</wsa:Action>` +
    `<wsa:MessageID>${messageId}</wsa:MessageID>` +
    `<wsa:To s:mustUnderstand="true">${escapeXml(to)}</wsa:To>${given.join("")}`
  );
}

/** Reads an answer or a fault. Throws `NotXml` if the text is neither. */
export function parseSoap(text: string): SoapAnswer {
  const envelope = parseXml(text);
  const body = find(envelope, "Body")?.children[0];
  if (envelope.name !== "Envelope" || !body) throw new NotXml("not a SOAP answer");
  if (body.name !== "Fault") return { kind: "answer", body };
  const codes = faultCodes(find(body, "Code"));
  const said = textAt(body, "Reason", "Text") ?? textAt(body, "faultstring") ?? "";
  const reason = [said, codes.at(-1) ?? textAt(body, "faultcode") ?? ""].filter(Boolean).join(", ");
  // Some cameras put the refusal into the reason only.
  const isNotAuthorized =
    codes.some((code) => /NotAuthorized|FailedAuthentication/i.test(code)) ||
    /not ?authori[sz]ed|unauthori[sz]ed/i.test(said);
  return { kind: "fault", isNotAuthorized, reason: reason || "no reason given" };
}

/** A SOAP 1.2 fault nests its codes: Sender, then ter:NotAuthorized, then more exact ones. */
function faultCodes(code: XmlElement | undefined): string[] {
  const codes: string[] = [];
  for (let here = code; here; here = find(here, "Subcode")) {
    const value = textAt(here, "Value");
    if (value) codes.push(value);
  }
  return codes;
}
