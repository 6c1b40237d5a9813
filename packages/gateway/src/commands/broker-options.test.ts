import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readBrokerAccess } from "./broker-options.ts";

const URL = "mqtts://broker.example";
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "headgate-broker-options-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test("what the files hold is what the broker is given", async () => {
  const pem = (what: string) => `-----BEGIN ${what}-----\n`;
  const given = {
    username: "me",
    passwordFile: fileOf("password", "secret\n"),
    ca: fileOf("ca.pem", pem("CERTIFICATE A")),
    cert: fileOf("own.pem", pem("CERTIFICATE B")),
    key: fileOf("own.key", pem("KEY")),
  };
  const texts = { ca: pem("CERTIFICATE A"), cert: pem("CERTIFICATE B"), key: pem("KEY") };
  const access = { url: URL, username: "me", password: "secret", ...texts };
  expect(await readBrokerAccess(URL, given)).toEqual(access);
  const here = "mqtt://127.0.0.1";
  expect(await readBrokerAccess(here, {})).toEqual({ url: here });
});

test("a half, a file that is none, and an address without TLS are told", async () => {
  const cert = fileOf("own.pem", "-----BEGIN CERTIFICATE-----\n");
  const alone = readBrokerAccess(URL, { cert });
  await expect(alone).rejects.toThrow("a certificate and its key go together");
  const odd = readBrokerAccess(URL, { ca: fileOf("ca.der", "0\u0082") });
  await expect(odd).rejects.toThrow("no PEM");
  const absent = readBrokerAccess(URL, { ca: join(folder, "absent") });
  await expect(absent).rejects.toThrow("ENOENT");
  const plain = readBrokerAccess("mqtt://broker.example", { ca: cert });
  await expect(plain).rejects.toThrow("write mqtts://");
});

test("a broker elsewhere is spoken to in clear only where that is allowed", async () => {
  await expect(readBrokerAccess("ws://broker.example/mqtt", {})).rejects.toThrow("write wss://");
  const url = "mqtt://broker.example";
  expect(await readBrokerAccess(url, { allowPlain: true })).toEqual({ url });
});
