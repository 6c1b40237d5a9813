import { X509Certificate } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { CertificateInbox, SeenCertificate } from "@headgate/model";

/** Below a channel's folder: where the library looks, and what a person decided against. */
const places = {
  own: ["own", "certs"],
  seen: ["rejected"],
  trusted: ["trusted", "certs"],
  rejected: ["refused"],
} as const;

/** Of a thumbprint at least so much is compared before its certificate is decided on. */
const THUMBPRINT_DIGITS_MIN = 4;

const states = ["own", "seen", "trusted", "rejected"] as const;

/** The certificates of a channel, as files. Loads nothing of the library. */
export const certificateInbox: CertificateInbox = { list, decide };

async function list(directory: string): Promise<SeenCertificate[]> {
  const found = new Map<string, SeenCertificate>();
  // One that was refused is put with the seen ones again at each attempt: the decision stands.
  for (const state of ["own", "seen", "rejected", "trusted"] as const) {
    for (const certificate of await listIn(directory, state)) {
      found.set(certificate.thumbprint, certificate);
    }
  }
  const rank = ({ state }: SeenCertificate) => states.indexOf(state);
  return [...found.values()].sort((one, other) => rank(one) - rank(other));
}

async function listIn(directory: string, state: keyof typeof places): Promise<SeenCertificate[]> {
  const folder = join(directory, "pki", ...places[state]);
  const seen: SeenCertificate[] = [];
  for (const name of await namesIn(folder)) {
    const file = join(folder, name);
    const certificate = certificateIn(await readFile(file));
    if (certificate) seen.push({ ...certificate, state, file });
  }
  return seen;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch (error) {
    // The channel was never opened.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

function certificateIn(bytes: Uint8Array): Omit<SeenCertificate, "state" | "file"> | null {
  try {
    const { subject, fingerprint, validFrom, validTo, subjectAltName } = new X509Certificate(bytes);
    return {
      thumbprint: fingerprint.replaceAll(":", "").toLowerCase(),
      subject: subject.replaceAll("\n", ", "),
      validFromMs: Date.parse(validFrom),
      validToMs: Date.parse(validTo),
      uri: /(?:^|, )URI:([^,]+)/.exec(subjectAltName ?? "")?.[1] ?? "",
    };
  } catch {
    // A signing request, or a file that a person left there.
    return null;
  }
}

async function decide(
  directory: string,
  thumbprint: string,
  state: "trusted" | "rejected",
): Promise<SeenCertificate | null> {
  const wanted = thumbprint.replaceAll(":", "").toLowerCase();
  const known = (await list(directory)).filter((one) => one.thumbprint.startsWith(wanted));
  // Whoever names none has looked at none.
  if (wanted.length < THUMBPRINT_DIGITS_MIN) return null;
  const [certificate] = known;
  if (!certificate || known.length > 1 || certificate.state === "own") return null;
  const folder = join(directory, "pki", ...places[state]);
  await mkdir(folder, { recursive: true });
  const file = join(folder, basename(certificate.file));
  if (file !== certificate.file) await rename(certificate.file, file);
  // The library looks everywhere: it must lie in one place only.
  for (const other of ["seen", "trusted", "rejected"] as const) {
    for (const copy of await listIn(directory, other)) {
      if (copy.thumbprint === certificate.thumbprint && copy.file !== file) await rm(copy.file);
    }
  }
  return { ...certificate, state, file };
}
