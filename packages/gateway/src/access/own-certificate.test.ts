import { X509Certificate } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ownCertificate } from "./own-certificate.ts";

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 26);
let folder: string;
beforeEach(async () => {
  faults = [];
  folder = await mkdtemp(join(tmpdir(), "headgate-certificate-"));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

let faults: unknown[];
const onFault = (error: unknown) => void faults.push(error);
const make = (names: readonly string[], nowMs = NOW_MS) =>
  ownCertificate(folder, { gatewayId: "pasture-07", names, nowMs, onFault });

test("who trusts the box's authority takes its certificate, by name and by address", async () => {
  const own = await make(["localhost", "127.0.0.1", "fe80::1", "headgate.local"], Date.now());
  const server = createServer({ key: own.key, cert: own.chain }, (_, answer) => answer.end("hi"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const ask = (options: object) =>
    new Promise<string>((resolve) => {
      const where = { host: "127.0.0.1", port, agent: false, ...options };
      const asking = request(where, (answer) => {
        answer.resume();
        resolve(String(answer.statusCode));
      });
      asking.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      asking.end();
    });
  const ca = own.authority;
  expect(await ask({ ca })).toBe("200");
  expect(await ask({ ca, servername: "localhost" })).toBe("200");
  expect(await ask({ ca, servername: "headgate.local" })).toBe("200");
  expect(await ask({ ca, servername: "evil.example" })).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  expect(await ask({})).toMatch(/SELF_SIGNED|UNABLE_TO/);
  await new Promise((resolve) => server.close(resolve));
});

test("it is what browsers ask for: short-lived, for servers, with names", async () => {
  const own = await make(["box.local", "10.0.4.9", "2001:db8::7"]);
  const server = new X509Certificate(own.chain);
  const authority = new X509Certificate(own.authority);
  expect(authority.ca).toBe(true);
  expect(server.ca).toBe(false);
  expect(server.checkIssued(authority) && server.verify(authority.publicKey)).toBe(true);
  expect(server.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  expect(server.subjectAltName).toBe(
    "DNS:box.local, IP Address:10.0.4.9, IP Address:2001:DB8:0:0:0:0:0:7",
  );
  const days = (Date.parse(server.validTo) - Date.parse(server.validFrom)) / DAY_MS;
  expect(days).toBeLessThanOrEqual(398);
  expect(server.subject).toContain("CN=pasture-07");
});

test("it is made anew for another address or near its end, and the authority stays", async () => {
  const first = await make(["box.local"]);
  expect(await make(["box.local"])).toEqual(first);
  const moved = await make(["box.local", "10.0.4.50"]);
  expect(moved.chain).not.toBe(first.chain);
  expect(moved.fingerprint).toBe(first.fingerprint);
  expect((await make(["box.local", "10.0.4.50"], NOW_MS + 300 * DAY_MS)).chain).toBe(moved.chain);
  const later = await make(["box.local", "10.0.4.50"], NOW_MS + 380 * DAY_MS);
  expect(later.chain).not.toBe(moved.chain);
  expect(later.fingerprint).toBe(first.fingerprint);
});

test("made in 1970, it holds once the clock is right", async () => {
  const early = await make(["box.local"], 0);
  const { validFrom } = new X509Certificate(early.authority);
  expect(Date.parse(validFrom)).toBeLessThanOrEqual(NOW_MS);
  const right = await make(["box.local"]);
  expect(right.fingerprint).toBe(early.fingerprint);
  expect(right.expiresMs).toBeGreaterThan(NOW_MS + 30 * DAY_MS);
});

test.each(["authority", "server"])("a damaged %s is made anew", async (name) => {
  await make(["localhost"]);
  await writeFile(join(folder, `${name}.pem`), "\0\0\0");
  const own = await make(["localhost"]);
  expect(new X509Certificate(own.chain).checkHost("localhost")).toBe("localhost");
  expect((await make(["localhost"])).chain).toBe(own.chain);
});

test("where none can be kept, the page has one all the same", async () => {
  await make(["localhost"]);
  // As a full disk does.
  await mkdir(join(folder, "server.pem.new"));
  const own = await make(["localhost", "other.local"]);
  expect(new X509Certificate(own.chain).checkHost("other.local")).toBe("other.local");
  expect(faults).toHaveLength(1);
});
