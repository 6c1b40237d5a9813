import { X509Certificate } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { type Clock, Misconfigured } from "@headgate/model";
import { OPCUACertificateManager } from "node-opcua-certificate-manager";
import { forgetOldest } from "./forget-oldest.ts";

/** The certificates of one channel: its own, and the servers it trusts. */
export interface Trust {
  readonly certificates: OPCUACertificateManager;
  /** Certificate of the server that was refused last, DER. */
  refused(): Uint8Array | undefined;
  /** The gateway's name towards servers; it is part of the own certificate and never changes. */
  readonly applicationUri: string;
  /** The own certificate, for the server's trust list. */
  readonly ownFile: string;
  /** A trusted server's certificate lies here. */
  readonly trustedFolder: string;
  /** A certificate seen but not trusted is put here. */
  readonly rejectedFolder: string;
}

/** Remembers what it refuses: the library's error does not say which certificate it was. */
class RememberingCertificates extends OPCUACertificateManager {
  refused: Uint8Array | undefined;

  override rejectCertificate(certificate: Buffer | Buffer[]): Promise<void> {
    this.refused = Array.isArray(certificate) ? certificate[0] : certificate;
    return super.rejectCertificate(certificate);
  }
}

/** Certificates that wait for a person: a server may show another one each time. */
const seenMax = 100;

/** How long the gateway's own certificate holds. */
const ownDays = 3_650;

/**
 * Opens the folder `pki`, making key, certificate and folders at the first time. Folders are read
 * anew each time, so a certificate that a person moved counts from the next attempt on.
 */
export async function openTrust(directory: string, clock: Clock): Promise<Trust> {
  const root = join(directory, "pki");
  await forgetOldest(join(root, "rejected"), seenMax);
  const ownFile = join(root, "own", "certs", "client_certificate.pem");
  const { certificates, applicationUri } = await openFolder({ root, ownFile, clock }).catch(
    (error: unknown) => {
      const text = `open opcua: folder "${root}" cannot be used; check its owner`;
      throw new Misconfigured(text, { cause: error });
    },
  );
  return {
    certificates,
    refused: () => certificates.refused,
    ownFile,
    applicationUri,
    trustedFolder: join(root, "trusted", "certs"),
    rejectedFolder: join(root, "rejected"),
  };
}

async function openFolder(place: OwnPlace) {
  const certificates = new RememberingCertificates({
    rootFolder: place.root,
    automaticallyAcceptUnknownCertificate: false,
    disableFileWatchers: true,
  });
  await certificates.initialize();
  return { certificates, applicationUri: await ownUri(certificates, place) };
}

interface OwnPlace {
  readonly root: string;
  readonly ownFile: string;
  readonly clock: Clock;
}

/** The URI in the own certificate; one that is not there, or no more, is made. */
async function ownUri(
  certificates: OPCUACertificateManager,
  { root, ownFile, clock }: OwnPlace,
): Promise<string> {
  const known = await uriIn(ownFile);
  if (known !== undefined) return known;
  const uriFile = join(root, "own", "application-uri");
  const applicationUri = (await textIn(uriFile)) ?? `urn:headgate:${crypto.randomUUID()}`;
  await writeFile(uriFile, applicationUri);
  await certificates.createSelfSignedCertificate({
    applicationUri,
    dns: [hostname()],
    subject: `/CN=Headgate@${hostname().slice(0, 50)}/O=Headgate`,
    outputFile: ownFile,
    startDate: new Date(clock.nowMs()),
    validity: ownDays,
  });
  return applicationUri;
}

async function textIn(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch {
    // Written with the first certificate.
    return undefined;
  }
}

async function uriIn(file: string): Promise<string | undefined> {
  try {
    const names = new X509Certificate(await readFile(file)).subjectAltName ?? "";
    return /(?:^|, )URI:([^,]+)/.exec(names)?.[1];
  } catch {
    // No certificate yet, or a person took it away.
    return undefined;
  }
}

/** What a person needs to decide on a server's certificate. */
export async function describeRejected(trust: Trust, der: Uint8Array): Promise<string> {
  const certificate = new X509Certificate(der);
  const thumbprint = certificate.fingerprint.replaceAll(":", "").toLowerCase();
  const subject = certificate.subject.replaceAll("\n", ", ");
  const file = await rejectedFile(trust, thumbprint);
  return (
    `the server's certificate is not trusted: thumbprint ${thumbprint}, subject "${subject}", ` +
    `valid until ${certificate.validTo}; if it is the right one, trust it (headgate certificates ` +
    `trust CHANNEL ${thumbprint.slice(0, 8)} -c FILE), ` +
    `or move "${file}" to "${trust.trustedFolder}"`
  );
}

async function rejectedFile(trust: Trust, thumbprint: string): Promise<string> {
  const names = await readdir(trust.rejectedFolder);
  const name = names.find((candidate) => candidate.toLowerCase().includes(thumbprint));
  return join(trust.rejectedFolder, name ?? thumbprint);
}
