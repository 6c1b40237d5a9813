import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { certificateInbox } from "./certificate-inbox.ts";

let directory = "";
let certificate = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "headgate-inbox-"));
  mkdirSync(join(directory, "pki", "rejected"), { recursive: true });
  certificate = join(directory, "pki", "rejected", "filler.pem");
  const words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-keyout"];
  const subject = ["-subj", "/CN=filler", "-addext", "subjectAltName=URI:urn:dairy:filler"];
  const files = [join(directory, "key"), "-out", certificate];
  execFileSync("openssl", [...words, ...files, ...subject], { stdio: "ignore" });
});
afterEach(() => rmSync(directory, { recursive: true }));

const states = async () => (await certificateInbox.list(directory)).map(({ state }) => state);

describe("the inbox of certificates", () => {
  it("shows what was seen, with what a person needs to decide", async () => {
    writeFileSync(join(directory, "pki", "rejected", "notes.txt"), "no certificate");
    const [seen, ...others] = await certificateInbox.list(directory);
    expect(others).toEqual([]);
    expect(seen).toMatchObject({ state: "seen", subject: "CN=filler", uri: "urn:dairy:filler" });
    expect(seen?.thumbprint).toMatch(/^[0-9a-f]{40}$/);
    expect((seen?.validToMs ?? 0) - (seen?.validFromMs ?? 0)).toBe(30 * 86_400_000);
  });

  it("keeps a decision though the server shows it again, until another one", async () => {
    const [seen] = await certificateInbox.list(directory);
    const thumbprint = seen?.thumbprint.slice(0, 8) ?? "";
    const decided = await certificateInbox.decide(directory, thumbprint, "rejected");
    copyFileSync(decided?.file ?? "", certificate);
    expect(await states()).toEqual(["rejected"]);
    await certificateInbox.decide(directory, thumbprint, "trusted");
    expect(await states()).toEqual(["trusted"]);
    await certificateInbox.decide(directory, thumbprint, "rejected");
    expect(await states()).toEqual(["rejected"]);
  });

  it("trusts no copy of a certificate that is rejected", async () => {
    const trusted = join(directory, "pki", "trusted", "certs");
    mkdirSync(trusted, { recursive: true });
    for (const name of ["one.pem", "two.pem"]) copyFileSync(certificate, join(trusted, name));
    const [seen] = await certificateInbox.list(directory);
    expect(seen?.state).toBe("trusted");
    await certificateInbox.decide(directory, seen?.thumbprint ?? "", "rejected");
    expect(readdirSync(trusted)).toEqual([]);
    expect(await states()).toEqual(["rejected"]);
  });

  it("knows nothing of a channel that was never opened, nor of another thumbprint", async () => {
    expect(await certificateInbox.list(join(directory, "other"))).toEqual([]);
    expect(await certificateInbox.decide(directory, "ffff", "trusted")).toBeNull();
    // The only one there is, but nobody has looked at it.
    expect(await certificateInbox.decide(directory, "", "trusted")).toBeNull();
    expect(await states()).toEqual(["seen"]);
  });
});
