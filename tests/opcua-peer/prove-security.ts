import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { opcuaDriver } from "@headgate/drivers/opcua";
import { type CertificateInbox, Misconfigured } from "@headgate/model";
import { IndependentPeer } from "./independent-peer.ts";
import { contentOf, openChannel, type Proof, type ProofContext, pointOf, until } from "./proof.ts";

const POLICIES = [
  "Basic256Sha256",
  "Aes128_Sha256_RsaOaep",
  "Aes256_Sha256_RsaPss",
  "Basic128Rsa15",
  "Basic256",
] as const;
const certificateInbox = opcuaDriver.certificates as CertificateInbox;
const LOGIN = { username: "viewer", password: "milk" };

/** Every policy and mode, who may come in, and certificates that are refused and then trusted. */
export const proveSecurity: Proof = async (context) => {
  const { program, directory, say } = context;
  const pki = join(directory, "peer");
  let peer = await IndependentPeer.start(program, { pki, settings: { anonymous: 0 } });
  try {
    await proveTrust(peer, context);
    for (const securityPolicy of POLICIES) {
      for (const securityMode of ["Sign", "SignAndEncrypt"]) {
        await readsWith(peer, directory, { securityPolicy, securityMode, ...LOGIN });
        say(`${securityPolicy} ${securityMode}: reads`);
      }
    }
    await readsWith(peer, directory, LOGIN);
    say("None, user name: reads");
    await proveUserCertificate(peer, context);
    await refuses(peer, directory, { ...LOGIN, password: "cheese" });
    say("wrong password: refused");
    await refuses(peer, directory, {});
    say("no user: refused");
  } finally {
    await peer.stop();
  }
  peer = await IndependentPeer.start(program, { pki });
  try {
    await readsWith(peer, directory, {});
    say("anonymous where it is allowed: reads");
  } finally {
    await peer.stop();
  }
};

/** Refused by us until a person trusts the server, then by the server until it trusts us. */
async function proveTrust(peer: IndependentPeer, { directory, say }: ProofContext): Promise<void> {
  const settings = { securityPolicy: "Basic256Sha256", ...LOGIN };
  await refuses(peer, directory, settings);
  const gateway = join(directory, "gateway");
  const [seen] = (await certificateInbox.list(gateway)).filter(({ state }) => state === "seen");
  assert.equal(seen?.uri, "urn:dairy:peer");
  await certificateInbox.decide(gateway, seen.thumbprint.slice(0, 8), "rejected");
  await refuses(peer, directory, settings);
  const states = (await certificateInbox.list(gateway)).map(({ state }) => state);
  assert.ok(states.includes("rejected") && !states.includes("seen"));
  await certificateInbox.decide(gateway, seen.thumbprint, "trusted");
  say("the server's certificate: refused, then trusted");
  await assert.rejects(openChannel(directory, { endpoint: peer.endpoint, ...settings }));
  assert.equal(peer.trustRefused("ApplCerts"), 1);
  await readsWith(peer, directory, settings);
  say("our certificate: refused by the server, then trusted");
  const connection = await openChannel(directory, { endpoint: peer.endpoint, ...settings });
  // Its certificate is made for 30 days.
  const expiring = () => connection.notices?.().some(({ code }) => code === "certificate-expiring");
  await until("the server's certificate is said to expire", 10, () => expiring() === true);
  await connection.close();
  say("a certificate that expires within 30 days is said");
}

/** A user who is a certificate: refused until the server trusts it. */
async function proveUserCertificate(peer: IndependentPeer, { directory, say }: ProofContext) {
  const [userKey, userCertificate] = [join(directory, "user.key"), join(directory, "user.pem")];
  const subject = ["-subj", "/CN=viewer", "-addext", "subjectAltName=URI:urn:dairy:viewer"];
  const words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", ...subject];
  execFileSync("openssl", [...words, "-keyout", userKey, "-out", userCertificate], {
    stdio: "ignore",
  });
  const settings = { securityPolicy: "Basic256Sha256", userCertificate, userKey };
  const opening = openChannel(directory, { endpoint: peer.endpoint, ...settings });
  await assert.rejects(opening);
  peer.trust("UserTokenCerts", new X509Certificate(readFileSync(userCertificate)).raw);
  await readsWith(peer, directory, settings);
  say("a user's certificate: refused, then trusted");
}

async function readsWith(peer: IndependentPeer, directory: string, settings: object) {
  const connection = await openChannel(directory, { endpoint: peer.endpoint, ...settings });
  try {
    const never = new AbortController().signal;
    const [sample] = await connection.read([pointOf("Held.Float")], never);
    assert.equal(contentOf(sample), 230.1);
  } finally {
    await connection.close();
  }
}

async function refuses(peer: IndependentPeer, directory: string, settings: object) {
  const opening = openChannel(directory, { endpoint: peer.endpoint, ...settings });
  await assert.rejects(opening, (error) => error instanceof Misconfigured);
}
