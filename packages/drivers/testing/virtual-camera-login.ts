import { createHash, randomBytes } from "node:crypto";
import { find, textAt, type XmlElement } from "../src/onvif/xml.ts";

/** Who may use a virtual camera. */
export interface VirtualUser {
  readonly username: string;
  readonly password: string;
}

/** A token older or newer than this by the camera's clock is refused: replay protection. */
const TOKEN_AGE_MAX_MS = 5_000;

const REALM = "Virtual camera";

/** True if a SOAP request carries a WS-Security token that is right and fresh. */
export function isTokenRight(envelope: XmlElement, user: VirtualUser, cameraMs: number): boolean {
  const token = find(envelope, "Header", "Security", "UsernameToken");
  const created = textAt(token, "Created") ?? "";
  const nonce = Buffer.from(textAt(token, "Nonce") ?? "", "base64");
  const expected = createHash("sha1")
    .update(nonce)
    .update(created + user.password)
    .digest("base64");
  return (
    textAt(token, "Username") === user.username &&
    textAt(token, "Password") === expected &&
    Math.abs(Date.parse(created) - cameraMs) <= TOKEN_AGE_MAX_MS
  );
}

/** HTTP digest as a camera does it: MD5 and SHA-256 offered, each nonce of its own making. */
export class DigestGate {
  readonly user: VirtualUser;
  readonly #nonces = new Set<string>();

  constructor(user: VirtualUser) {
    this.user = user;
  }

  /** The `WWW-Authenticate` headers of a 401. */
  challenge(): string[] {
    const nonce = randomBytes(16).toString("hex");
    this.#nonces.add(nonce);
    const common = `realm="${REALM}", qop="auth,auth-int", nonce="${nonce}", opaque="v1"`;
    return [`Digest ${common}, algorithm=MD5`, `Digest ${common}, algorithm=SHA-256`];
  }

  /** True if an `Authorization` header answers one of our challenges rightly. */
  admits(header: string | undefined, method: string, path: string): boolean {
    if (!header?.startsWith("Digest ")) return false;
    const given = Object.fromEntries(
      [...header.matchAll(/(\w+)=(?:"([^"]*)"|([^,\s]+))/g)].map(([, name, quoted, bare]) => [
        name,
        quoted ?? bare,
      ]),
    );
    const hash = (text: string) =>
      createHash(given.algorithm === "SHA-256" ? "sha256" : "md5")
        .update(text)
        .digest("hex");
    const secret = hash(`${this.user.username}:${REALM}:${this.user.password}`);
    const { nonce, nc, cnonce, qop } = given;
    const expected = hash(`${secret}:${nonce}:${nc}:${cnonce}:${qop}:${hash(`${method}:${path}`)}`);
    return this.#nonces.has(nonce ?? "") && given.uri === path && given.response === expected;
  }
}
