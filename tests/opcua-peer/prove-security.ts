import assert from "node:assert/strict";
import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { Misconfigured } from "@headgate/model";
import { IndependentPeer } from "./independent-peer.ts";
import { contentOf, openChannel, type Proof, type ProofContext, pointOf } from "./proof.ts";

const POLICIES = [
  "Basic256Sha256",
  "Aes128_Sha256_RsaOaep",
  "Aes256_Sha256_RsaPss",
  "Basic128Rsa15",
  "Basic256",
] as const;
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
  const folder = join(directory, "gateway", "pki");
  for (const name of readdirSync(join(folder, "rejected"))) {
    renameSync(join(folder, "rejected", name), join(folder, "trusted", "certs", name));
  }
  say("the server's certificate: refused, then trusted");
  await assert.rejects(openChannel(directory, { endpoint: peer.endpoint, ...settings }));
  assert.equal(peer.trustRefused("ApplCerts"), 1);
  await readsWith(peer, directory, settings);
  say("our certificate: refused by the server, then trusted");
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
