import { X509Certificate } from "node:crypto";
import { readFile, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { Misconfigured } from "@headgate/model";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contents, OpcuaRig, pointAt, timed } from "./peers/opcua-rig.ts";

const user = { name: "viewer", password: "milk" };
const login = { username: user.name, password: user.password };

describe("a secured OPC UA server", () => {
  let rig: OpcuaRig;
  beforeAll(async () => {
    rig = await OpcuaRig.start({ user });
  });
  afterAll(() => rig.end());

  it("is refused until a person moves its certificate, and keeps its trust", async () => {
    const settings = { securityPolicy: "Basic256Sha256", ...login };
    const { error } = await timed(rig.open(settings));
    expect(error).toBeInstanceOf(Misconfigured);
    const text = String(error);
    const [, thumbprint] = /thumbprint ([0-9a-f]{40}), subject ".+"/.exec(text) ?? [];
    const [, file, folder] = /move "([^"]+)" to "([^"]+)"/.exec(text) ?? [];
    if (!thumbprint || !file || !folder) throw new Error(`says too little: ${text}`);
    expect(basename(file)).toContain(thumbprint);
    expect((await timed(rig.open(settings))).error).toBeInstanceOf(Misconfigured);

    await rename(file, join(folder, basename(file)));
    await expectGood(settings);
    const own = await readFile(ownCertificate());
    await expectGood(settings);
    expect(await readFile(ownCertificate())).toEqual(own);

    const { subject, subjectAltName } = new X509Certificate(own);
    expect(subject).toMatch(/^O=Headgate\nCN=Headgate@.+$/);
    expect(subjectAltName).toContain("URI:urn:headgate:");
    // One that a person took away is made anew, for the same gateway.
    await rm(ownCertificate());
    await expectGood(settings);
    const renewed = new X509Certificate(await readFile(ownCertificate()));
    expect(renewed.subjectAltName).toBe(subjectAltName);
    expect(renewed.fingerprint).not.toBe(new X509Certificate(own).fingerprint);
  });

  it.each([
    ["Basic256Sha256", "Sign"],
    ["Basic256Sha256", "SignAndEncrypt"],
    ["Aes128_Sha256_RsaOaep", "Sign"],
    ["Aes128_Sha256_RsaOaep", "SignAndEncrypt"],
    ["Aes256_Sha256_RsaPss", "Sign"],
    ["Aes256_Sha256_RsaPss", "SignAndEncrypt"],
    ["None", "None"],
  ])("answers over %s with %s", async (securityPolicy, securityMode) => {
    await expectGood({ securityPolicy, securityMode, ...login });
  });

  it.each([
    ["a wrong password", { username: "viewer", password: "cheese" }, /user "viewer"; check/],
    ["no user", {}, /give username and password/],
  ])("parks a channel with %s", async (_name, identity, text) => {
    const { error } = await timed(rig.open(identity));
    expect(error).toBeInstanceOf(Misconfigured);
    expect(String(error)).toMatch(text);
    expect(String(error)).not.toContain("cheese");
  });

  async function expectGood(settings: object): Promise<void> {
    const connection = await rig.open(settings);
    const samples = [...(await connection.read([pointAt("Voltage")], rig.signal))];
    expect(contents(samples)).toEqual({ Voltage: 230.1 });
    await connection.close();
  }

  function ownCertificate(): string {
    return join(rig.directory, "gateway", "pki", "own", "certs", "client_certificate.pem");
  }
});
