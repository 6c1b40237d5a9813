import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";
import { der } from "./der.ts";

const OID = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  subjectKeyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyId: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
} as const;

/** A certificate and its key, in PEM. */
export interface Certified {
  readonly certificate: string;
  readonly key: string;
}

interface Wanted {
  readonly commonName: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** A new authority that signs for itself, P-256. */
export function createAuthority(wanted: Wanted): Certified {
  const key = newKey();
  const keyId = keyIdOf(key);
  const extensions = [
    extension(
      OID.basicConstraints,
      der.sequence(der.boolean(true), der.integer(Buffer.alloc(1))),
      true,
    ),
    // Bits 5 and 6: it signs certificates and lists of revoked ones.
    extension(OID.keyUsage, der.bits(Buffer.from([0x06]), 1), true),
    extension(OID.subjectKeyId, der.octets(keyId)),
  ];
  const issuer = { commonName: wanted.commonName, key };
  return { certificate: issue({ ...wanted, key, extensions }, issuer), key };
}

/** A new server's certificate for these host names and addresses, signed by the authority. */
export function createServerCertificate(
  wanted: Wanted & { readonly names: readonly string[] },
  authority: { readonly commonName: string; readonly key: string },
): Certified {
  const key = newKey();
  const names = wanted.names.map((name) =>
    isIP(name) === 0
      ? der.implicit(2, Buffer.from(name, "latin1"))
      : der.implicit(7, addressBytes(name)),
  );
  const extensions = [
    extension(OID.basicConstraints, der.sequence(), true),
    // Bit 0: it signs.
    extension(OID.keyUsage, der.bits(Buffer.from([0x80]), 7), true),
    extension(OID.extendedKeyUsage, der.sequence(der.oid(OID.serverAuth))),
    extension(OID.subjectAltName, der.sequence(...names)),
    extension(OID.subjectKeyId, der.octets(keyIdOf(key))),
    extension(OID.authorityKeyId, der.sequence(der.implicit(0, keyIdOf(authority.key)))),
  ];
  return { certificate: issue({ ...wanted, key, extensions }, authority), key };
}

function issue(
  subject: Wanted & { readonly key: string; readonly extensions: readonly Buffer[] },
  issuer: { readonly commonName: string; readonly key: string },
): string {
  const algorithm = der.sequence(der.oid(OID.ecdsaWithSha256));
  const body = der.sequence(
    der.explicit(0, der.integer(Buffer.from([2]))),
    der.integer(serialNumber()),
    algorithm,
    nameOf(issuer.commonName),
    der.sequence(der.time(subject.notBeforeMs), der.time(subject.notAfterMs)),
    nameOf(subject.commonName),
    publicKeyOf(subject.key),
    der.explicit(3, der.sequence(...subject.extensions)),
  );
  const signature = sign("sha256", body, issuer.key);
  return pem("CERTIFICATE", der.sequence(body, algorithm, der.bits(signature)));
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

function publicKeyOf(key: string): Buffer {
  return createPublicKey(key).export({ type: "spki", format: "der" });
}

/** Of the point alone: 65 bytes at the end. */
function keyIdOf(key: string): Buffer {
  return createHash("sha1").update(publicKeyOf(key).subarray(-65)).digest();
}

/** Positive, and never twice. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function nameOf(commonName: string): Buffer {
  const part = (oid: string, text: string) => der.set(der.sequence(der.oid(oid), der.utf8(text)));
  return der.sequence(part(OID.organization, "Headgate"), part(OID.commonName, commonName));
}

function extension(oid: string, value: Buffer, isCritical = false): Buffer {
  const critical = isCritical ? [der.boolean(true)] : [];
  return der.sequence(der.oid(oid), ...critical, der.octets(value));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  const [before = "", after] = (address.split("%")[0] ?? "").split("::");
  const words = (text: string | undefined) => (text ? text.split(":") : []);
  const [head, tail] = [words(before), words(after)];
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => "0");
  const all = after === undefined ? head : [...head, ...zeros, ...tail];
  return Buffer.from(
    all.flatMap((word) => [Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 255]),
  );
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
